import Coordination
import HTTPTypes
import HummingbirdTesting
import SimulationSupport
import Testing
import WorkUnits

@Suite struct BlobRoutesTests {
    let served: ServedProject
    let content = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 31) }

    init() async throws { served = try await ServedProject() }

    func serveBlob(_ test: @Sendable (APIClient, String) async throws -> Void) async throws {
        let digest = served.blobs.store(content)
        try await served.serve { try await test($0, "/api/v1/blobs/\(digest)") }
    }

    @Test func `weights that were removed are gone, with what takes their place`() async throws {
        let served = try await ServedProject(stepCodec: .int8)
        served.blobs.store(ImaginaryProject.step(to: 1))
        try await served.serve { client in
            for number in 1...4 {
                let host = Host(number, of: served)
                let assignment = try await host.assignment(client)
                let update = ImaginaryProject.update(of: assignment.unit)
                let delivery = Delivery(
                    try host.submission(of: update, for: assignment), trace: TrainingTrace(), update: update)
                let reply: DeliveryReply = try await client.post("/api/v1/submissions", delivery)
                #expect(reply.submission.verdict == .accepted)
                try await served.coordinator.settle()
            }
            let summaries: [CheckpointSummary] = try await client.get("/api/v1/checkpoints")
            let path = "/api/v1/blobs/\(summaries[1].weights)"
            let response = try await client.send(.get, path)
            #expect(response.status == .gone && response.refusal == "gone")
            #expect(response.text.contains("version 0 and the steps of versions 1 to 1"))
            #expect(try await client.send(.head, path).status == .gone)
        }
    }

    @Test func `a blob comes whole, with its name as tag, to be kept for ever`() async throws {
        try await serveBlob { client, path in
            let response = try await client.send(.get, path)
            #expect(response.status == .ok)
            #expect(response.bytes == content)
            #expect(response.headers[.eTag] == "\"\(Digest(of: content))\"")
            #expect(response.headers[.cacheControl]?.contains("immutable") == true)
            #expect(response.headers[.acceptRanges] == "bytes")
            #expect(response.headers[.contentLength] == "1000")
        }
    }

    @Test(arguments: [
        ("bytes=0-0", 0..<1), ("bytes=0-99", 0..<100), ("bytes=999-", 999..<1000), ("bytes=0-", 0..<1000),
        ("bytes=-1", 999..<1000), ("bytes=-1000", 0..<1000), ("bytes=-5000", 0..<1000), ("bytes=990-2000", 990..<1000),
        ("bytes=10-99999999999999999999", 10..<1000), ("BYTES=1-2", 1..<3), ("bytes= 1-2 ", 1..<3),
        ("bytes=1-9223372036854775807", 1..<1000), ("bytes=-9223372036854775807", 0..<1000),
    ])
    func `a range comes as a part`(range: String, expected: Range<Int>) async throws {
        try await serveBlob { client, path in
            let response = try await client.send(.get, path, headers: [.range: range])
            #expect(response.status == .partialContent)
            #expect(response.bytes == Array(content[expected]))
            #expect(
                response.headers[.contentRange] == "bytes \(expected.lowerBound)-\(expected.upperBound - 1)/1000")
        }
    }

    @Test(arguments: ["bytes=1000-", "bytes=5000-6000", "bytes=-0", "bytes=99999999999999999999-"])
    func `a range beyond the end is not satisfiable`(range: String) async throws {
        try await serveBlob { client, path in
            let response = try await client.send(.get, path, headers: [.range: range])
            #expect(response.status == .rangeNotSatisfiable)
            #expect(response.headers[.contentRange] == "bytes */1000")
        }
    }

    @Test(arguments: [
        "bytes=5-4", "bytes=-", "bytes=a-b", "bytes=1-2,5-6", "lines=1-2", "bytes", "bytes=1", "bytes=+1-2",
        "bytes=1-2-3",
        "bytes=--1", "bytes=1.0-2",
    ])
    func `what is no single range of bytes is ignored`(range: String) async throws {
        try await serveBlob { client, path in
            let response = try await client.send(.get, path, headers: [.range: range])
            #expect(response.status == .ok)
            #expect(response.bytes == content)
        }
    }

    @Test func `an empty blob has no range`() async throws {
        let digest = served.blobs.store([])
        try await served.serve { client in
            #expect(try await client.send(.get, "/api/v1/blobs/\(digest)").status == .ok)
            let range = try await client.send(.get, "/api/v1/blobs/\(digest)", headers: [.range: "bytes=0-"])
            #expect(range.status == .rangeNotSatisfiable)
        }
    }

    @Test func `who has the blob is told so`() async throws {
        try await serveBlob { client, path in
            let tag = "\"\(Digest(of: content))\""
            for header in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
                let response = try await client.send(.get, path, headers: [.ifNoneMatch: header])
                #expect(response.status == .notModified, "\(header)")
                #expect(response.bytes.isEmpty)
            }
            for header in ["\"other\"", String(tag.dropLast()), "\"\""] {
                #expect(try await client.send(.get, path, headers: [.ifNoneMatch: header]).status == .ok, "\(header)")
            }
        }
    }

    @Test func `a range of another version of the blob is the whole`() async throws {
        try await serveBlob { client, path in
            let tag = "\"\(Digest(of: content))\""
            let same = try await client.send(.get, path, headers: [.range: "bytes=0-9", .ifRange: tag])
            #expect(same.status == .partialContent)
            let other = try await client.send(.get, path, headers: [.range: "bytes=0-9", .ifRange: "\"other\""])
            #expect(other.bytes == content)
        }
    }

    @Test func `HEAD tells the size alone`() async throws {
        try await serveBlob { client, path in
            let response = try await client.send(.head, path, headers: [.range: "bytes=0-9"])
            #expect(response.status == .ok)
            #expect(response.headers[.contentLength] == "1000")
            #expect(response.bytes.isEmpty)
        }
    }

    @Test func `a blob of many pieces arrives whole, and is counted`() async throws {
        let content = (0..<3 << 20).map { UInt8(truncatingIfNeeded: $0 >> 3) }
        let digest = served.blobs.store(content)
        try await served.serve { client in
            #expect(try await client.send(.get, "/api/v1/blobs/\(digest)").bytes == content)
            let part = try await client.send(.get, "/api/v1/blobs/\(digest)", headers: [.range: "bytes=100-1048675"])
            #expect(part.bytes == Array(content[100..<1_048_676]))
            let status: ServerStatus = try await client.get("/api/v1/status")
            #expect(status.bytesDown == 4 << 20)
        }
    }

    @Test(arguments: [
        "x", String(repeating: "0", count: 64), String(repeating: "F", count: 64), "..%2f..%2fetc%2fpasswd",
    ])
    func `a name without a blob is not found`(name: String) async throws {
        try await served.serve { client async throws in
            #expect(try await client.send(.get, "/api/v1/blobs/\(name)").refusal == "not-found")
            #expect(try await client.send(.head, "/api/v1/blobs/\(name)").status == .notFound)
        }
    }
}
