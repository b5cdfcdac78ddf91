import Foundation
import TestSupport
import Testing
import Transport
import WorkUnits

/// A server with one blob, and the downloads of it.
struct DownloadTests {
    let folder = try? TemporaryFolder()
    let blob: [UInt8]
    let digest: Digest

    init() {
        var random = SplitMix64(seed: 1)
        blob = random.bytes(300_000)
        digest = Digest(of: blob)
    }

    @Test func `a blob arrives under its name and leaves no part`() async throws {
        let blob = blob
        let server = try LoopbackServer { _ in .init(body: blob) }
        let path = try path()
        try await download(from: server)
        #expect(try read(path) == blob)
        #expect(!exists(path + ".part"))
        #expect(server.requests.map(\.path) == ["/api/v1/blobs/\(digest)"])
    }

    @Test func `a broken download continues where it stopped`() async throws {
        let blob = blob
        let server = try LoopbackServer { request in
            guard let start = request.rangeStart else { return .init(body: blob, breaksAfter: 100_000) }
            return .part(of: blob, from: start, breaksAfter: start < 200_000 ? 100_001 : nil)
        }
        for _ in 0..<2 {
            let failure = try #require(await downloadFailure(from: server))
            #expect(failure.isTemporary, "\(failure)")
            #expect(try !exists(path()))
        }
        try await download(from: server)
        #expect(try read(path()) == blob)
        #expect(server.requests.map(\.rangeStart) == [nil, 100_000, 200_001])
    }

    @Test func `a server that knows no ranges is read from the beginning`() async throws {
        let blob = blob
        let server = try LoopbackServer { _ in .init(body: blob) }
        try write(Array(blob[..<5000]), to: path() + ".part")
        try await download(from: server)
        #expect(try read(path()) == blob)
        #expect(server.requests.map(\.rangeStart) == [5000])
    }

    @Test(arguments: ["bytes 0-299999/300000", "bytes 5000-299998/300000", "bytes 5000-299999/*", nil])
    func `an answer with another range than asked for is refused and the part kept`(range: String?) async throws {
        let blob = blob
        let server = try LoopbackServer { _ in
            .init(206, headers: range.map { ["Content-Range": $0] } ?? [:], body: Array(blob[5000...]))
        }
        try write(Array(blob[..<5000]), to: path() + ".part")
        guard case .unexpected = await downloadFailure(from: server) else {
            Issue.record("the range was accepted")
            return
        }
        #expect(try read(path() + ".part") == Array(blob[..<5000]))
    }

    @Test func `a blob that is not what its name says is deleted`() async throws {
        var wrong = blob
        wrong[77] ^= 1
        let server = try LoopbackServer { [wrong] _ in .init(body: wrong) }
        let failure = await downloadFailure(from: server)
        #expect(failure == .wrongDigest(expected: digest, received: Digest(of: wrong)))
        #expect(try !exists(path()) && !exists(path() + ".part"))
    }

    @Test func `a server that sends more than announced is cut off`() async throws {
        let blob = blob
        let server = try LoopbackServer { _ in .init(body: blob + [0]) }
        guard case .tooLarge(_, 300_000) = await downloadFailure(from: server) else {
            Issue.record("more bytes than announced were taken")
            return
        }
        #expect(try read(path() + ".part").count <= 300_000)
    }

    @Test func `a server that sends less than announced is asked again`() async throws {
        let blob = blob
        let server = try LoopbackServer { _ in .init(body: Array(blob[..<10])) }
        let failure = try #require(await downloadFailure(from: server))
        #expect(failure.isTemporary)
        #expect(try read(path() + ".part").count == 10)
    }

    @Test func `a part that is longer than the blob is begun again`() async throws {
        let blob = blob
        let server = try LoopbackServer { _ in .init(body: blob) }
        try write(blob + [1, 2, 3], to: path() + ".part")
        try await download(from: server)
        #expect(try read(path()) == blob)
        #expect(server.requests.map(\.rangeStart) == [nil])
    }

    @Test func `a whole part needs no server`() async throws {
        let server = try LoopbackServer { _ in .init(500) }
        try write(blob, to: path() + ".part")
        try await download(from: server)
        #expect(try read(path()) == blob)
        #expect(server.requests.isEmpty)
    }

    @Test func `a refused range begins again the next time`() async throws {
        let blob = blob
        let server = try LoopbackServer { request in
            request.rangeStart == nil ? .init(body: blob) : .init(416)
        }
        try write([1, 2, 3], to: path() + ".part")
        #expect(await downloadFailure(from: server)?.isTemporary == true)
        try await download(from: server)
        #expect(try read(path()) == blob)
    }

    @Test func `a missing blob is the server's refusal in its own words`() async throws {
        let server = try LoopbackServer { _ in
            try .json(ErrorReply(code: "not-found", message: "no such\nblob"), status: 404)
        }
        guard case .refused(let refused) = await downloadFailure(from: server) else {
            Issue.record("not refused")
            return
        }
        #expect(refused.status == 404)
        #expect(refused.reply == ErrorReply(code: "not-found", message: "no such blob"))
        #expect(try !exists(path()))
    }

    @Test func `a folder that is not there is the reason given`() async throws {
        let blob = blob
        let server = try LoopbackServer { _ in .init(body: blob) }
        let client = try CoordinatorClient(url: server.url)
        guard let folder else { return }
        await #expect {
            try await client.download(digest, bytes: 300_000, to: folder.file("missing/blob"))
        } throws: { error in
            guard case TransportFailure.file(let failure) = error else { return false }
            return failure.path.contains("missing/blob") && failure.code == ENOENT
        }
    }
}

extension DownloadTests {
    private func path() throws -> String { try #require(folder).file("blob") }

    private func download(from server: LoopbackServer) async throws {
        try await CoordinatorClient(url: server.url).download(digest, bytes: blob.count, to: path())
    }

    private func downloadFailure(from server: LoopbackServer) async -> TransportFailure? {
        do {
            try await download(from: server)
            return nil
        } catch {
            return error as? TransportFailure
        }
    }

    private func read(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }

    private func write(_ bytes: [UInt8], to path: String) throws { try Data(bytes).write(to: URL(filePath: path)) }

    private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
}

extension LoopbackServer.Request {
    /// From a header such as `Range: bytes=5-`.
    var rangeStart: Int? {
        headers["range"].flatMap { $0.hasPrefix("bytes=") && $0.hasSuffix("-") ? Int($0.dropFirst(6).dropLast()) : nil }
    }
}

extension LoopbackServer.Answer {
    static func part(of blob: [UInt8], from start: Int, breaksAfter: Int?) -> Self {
        .init(
            206, headers: ["Content-Range": "bytes \(start)-\(blob.count - 1)/\(blob.count)"],
            body: Array(blob[start...]), breaksAfter: breaksAfter)
    }
}
