import Foundation
import Synchronization
import TestSupport
import Testing
import Transport
import WorkUnits

/// Uploads against a server that keeps one, and breaks them.
struct UploadTests {
    let folder = try? TemporaryFolder()
    let update: [UInt8]

    init() {
        var random = SplitMix64(seed: 2)
        update = random.bytes(CoordinatorClient.uploadPiece * 2 + 100)
    }

    @Test func `an update is sent in pieces`() async throws {
        let kept = KeptUpload(length: update.count)
        let server = try LoopbackServer(kept.answer)
        try await upload(to: server)
        #expect(kept.bytes == update)
        #expect(server.requests.map(\.method) == ["POST", "PATCH", "PATCH", "PATCH"])
    }

    @Test func `an upload continues with what the coordinator does not have`() async throws {
        let kept = KeptUpload(length: update.count)
        kept.set(Array(update[..<5_000_000]))
        let server = try LoopbackServer(kept.answer)
        try await upload(to: server)
        #expect(kept.bytes == update)
        #expect(server.requests.compactMap { $0.headers["upload-offset"] } == ["5000000"])
    }

    @Test func `a piece whose answer was lost is not sent twice`() async throws {
        let kept = KeptUpload(length: update.count)
        let server = try LoopbackServer { request in
            let answer = kept.answer(request)
            guard request.headers["upload-offset"] == "0" else { return answer }
            return .init(200, body: Array(repeating: 32, count: 50), breaksAfter: 3)
        }
        try await upload(to: server)
        #expect(kept.bytes == update)
        #expect(server.requests.map(\.method) == ["POST", "PATCH", "HEAD", "PATCH", "PATCH"])
    }

    @Test func `a coordinator that lost bytes in a crash gets them again`() async throws {
        let kept = KeptUpload(length: update.count)
        let crashed = Atomic(false)
        let server = try LoopbackServer { request in
            let answer = kept.answer(request)
            if request.method == "PATCH", !crashed.exchange(true, ordering: .relaxed) { kept.set([]) }
            return answer
        }
        try await upload(to: server)
        #expect(kept.bytes == update)
    }

    @Test func `an upload that never gets further ends`() async throws {
        let length = update.count
        let server = try LoopbackServer { request in
            switch request.method {
            case "PATCH": .init(409, headers: ["Upload-Offset": "0"])
            case "HEAD": .init(headers: ["Upload-Offset": "0", "Upload-Length": "\(length)"])
            default: try .json(UploadState(ticket: .ticket, offset: 0, length: length))
            }
        }
        #expect(await uploadFailure(to: server)?.isTemporary == true)
        #expect(server.requests.count < 20)
    }

    @Test(arguments: [(-1, 8_388_708), (8_388_709, 8_388_708), (0, 5), (0, .max)])
    func `an impossible offset or length is refused`(offset: Int, length: Int) async throws {
        let server = try LoopbackServer { _ in
            try .json(UploadState(ticket: .ticket, offset: offset, length: length))
        }
        guard case .unexpected = await uploadFailure(to: server) else {
            Issue.record("\(offset) of \(length) was accepted")
            return
        }
        #expect(server.requests.count == 1)
    }

    @Test func `an expired assignment is told as it is`() async throws {
        let server = try LoopbackServer { _ in
            try .json(ErrorReply(code: "assignment-expired", message: "ask for new work"), status: 410)
        }
        guard case .refused(let refused) = await uploadFailure(to: server) else {
            Issue.record("not refused")
            return
        }
        #expect(refused.status == 410 && refused.reply.code == "assignment-expired")
    }
}

extension UploadTests {
    private func upload(to server: LoopbackServer) async throws {
        let path = try #require(folder).write(update, to: "update.caravan")
        let host = SigningKey.example(3)
        let announcement = UploadAnnouncement(
            project: SigningKey.example(1).verifyingKey, assignment: 1, host: host.verifyingKey,
            update: Digest(of: update), bytes: update.count, stamp: RequestStamp(Timestamp(milliseconds: 0)))
        let signed = try Signed(announcement, by: host, context: UploadAnnouncement.signingContext)
        try await CoordinatorClient(url: server.url).upload(path, signed)
    }

    private func uploadFailure(to server: LoopbackServer) async -> TransportFailure? {
        do {
            try await upload(to: server)
            return nil
        } catch {
            return error as? TransportFailure
        }
    }
}

extension Digest {
    static let ticket = Digest(of: "ticket".utf8)
}

/// The coordinator's side of one upload.
final class KeptUpload: Sendable {
    private let length: Int
    private let content = Mutex<[UInt8]>([])

    init(length: Int) {
        self.length = length
    }

    var bytes: [UInt8] { content.withLock { $0 } }

    func set(_ bytes: [UInt8]) {
        content.withLock { $0 = bytes }
    }

    @Sendable func answer(_ request: LoopbackServer.Request) -> LoopbackServer.Answer? {
        content.withLock { content in
            let offset = request.headers["upload-offset"].flatMap { Int($0) }
            if request.method == "PATCH" {
                guard offset == content.count, request.body.count <= 8 << 20 else {
                    return .init(409, headers: ["Upload-Offset": "\(content.count)"])
                }
                content += request.body
            }
            let headers = ["Upload-Offset": "\(content.count)", "Upload-Length": "\(length)"]
            if request.method == "HEAD" { return .init(headers: headers) }
            return try? .json(UploadState(ticket: .ticket, offset: content.count, length: length))
        }
    }
}
