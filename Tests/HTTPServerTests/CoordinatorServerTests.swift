import Coordination
import HTTPServer
import HTTPTypes
import HummingbirdTesting
import Testing
import WorkUnits

@Suite struct CoordinatorServerTests {
    @Test func `a port that is in use is an error that says what to do`() async throws {
        let served = try await ServedProject()
        let (ports, listening) = AsyncStream<Int>.makeStream()
        try await withThrowingTaskGroup { group in
            group.addTask { try await served.server { listening.yield($0) }.run() }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            #expect(port > 0)
            let failure = await #expect(throws: ListeningFailure.self) { try await served.server(port: port).run() }
            #expect(failure?.description.contains("port \(port) of 127.0.0.1 is in use") == true)
            group.cancelAll()
        }
    }

    @Test func `an address that is not this computer's is an error that says so`() async throws {
        let served = try await ServedProject()
        let failure = await #expect(throws: ListeningFailure.self) {
            try await served.server(host: "192.0.2.1").run()
        }
        #expect(failure?.description.contains("no address 192.0.2.1") == true)
    }

    @Test(arguments: [
        ("127.0.0.1", "http://127.0.0.1:8650"), ("0.0.0.0", "http://127.0.0.1:8650"), ("::1", "http://[::1]:8650"),
        ("::", "http://[::1]:8650"), ("2001:db8::7", "http://[2001:db8::7]:8650"),
        ("caravan.example", "http://caravan.example:8650"),
    ])
    func `the URL of a server is one that programs on its computer can use`(host: String, url: String) {
        #expect(CoordinatorServer.url(host: host, port: 8650) == url)
    }

    @Test func `a failure inside is told without its reason`() async throws {
        let served = try await ServedProject(failingBlobs: FailingBlobs())
        try await served.serve { client in
            let response = try await client.send(.get, "/api/v1/blobs/\(Digest(of: []))")
            #expect(response.status == .internalServerError)
            #expect(response.refusal == "internal-error")
            #expect(!response.text.contains("secret"))
        }
    }

    @Test func `what works again later is told so`() async throws {
        let served = try await ServedProject(failingBlobs: FailingBlobs())
        try await served.serve { client in
            let host = Host(1, of: served)
            let assignment = try await host.assignment(client)
            let response = try await client.post("/api/v1/uploads", host.announcement(of: [1], for: assignment))
            #expect(response.status == .serviceUnavailable)
            #expect(response.refusal == "unavailable")
            #expect(response.headers[.retryAfter] == "5")
            #expect(!response.text.contains("secret"))
        }
    }
}

private struct FailingBlobs: BlobStore {
    struct Failure: Error { let reason = "secret" }

    func open(_ digest: Digest) throws -> (any RandomAccessBytes)? { throw Failure() }
    func store(_ content: [UInt8]) throws -> Digest { throw Failure() }
    func store(fileAt path: String, as digest: Digest) throws { throw Failure() }
    func remove(_ digest: Digest) throws { throw Failure() }
    func temporaryPath() throws -> String { throw Failure() }
    func beginUpload(ticket: Digest, content: Digest, length: Int) throws -> UploadState { throw Failure() }
    func uploadState(ticket: Digest) throws -> UploadState? { throw Failure() }
    func appendUpload(ticket: Digest, at offset: Int, _ bytes: [UInt8]) throws -> UploadState { throw Failure() }
    func upload(ticket: Digest) throws -> (any RandomAccessBytes)? { throw Failure() }
    func keepUpload(ticket: Digest) throws { throw Failure() }
    func removeUpload(ticket: Digest) throws { throw Failure() }
    func removeUploads(begunBefore time: Timestamp, except tickets: Set<Digest>) throws { throw Failure() }
}
