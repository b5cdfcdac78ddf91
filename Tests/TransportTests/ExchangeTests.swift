import Foundation
import TestSupport
import Testing
import Transport
import WorkUnits

/// What every call must survive.
struct ExchangeTests {
    @Test(arguments: [
        "", "example.org", "file:///etc/passwd", "ftp://example.org", "https://", "https://a:b@example.org",
        "https://example.org?x=1", "https://example.org#x", "http://exa mple.org",
    ])
    func `what is no server's address is refused`(url: String) {
        #expect(throws: TransportFailure.self) { try CoordinatorClient(url: url) }
    }

    @Test func `an address may end with slashes and have a path`() throws {
        #expect(try CoordinatorClient(url: "https://example.org/caravan//").url == "https://example.org/caravan")
    }

    @Test func `calls go to the paths of the interface`() async throws {
        let server = try LoopbackServer { request in
            request.path == "/api/v1/checkpoints" ? .text("[]") : .init(500)
        }
        let client = try CoordinatorClient(url: server.url)
        #expect(try await client.checkpoints() == [])
        _ = try? await client.project()
        _ = try? await client.ledgerPage(from: 7, limit: 20)
        _ = try? await client.ledgerHead()
        _ = try? await client.checkpoint(version: nil)
        _ = try? await client.checkpoint(version: 3)
        _ = try? await client.status()
        _ = try? await client.uploadState(.ticket)
        #expect(
            server.requests.map { "\($0.method) \($0.path)" } == [
                "GET /api/v1/checkpoints", "GET /api/v1/project", "GET /api/v1/ledger?from=7&limit=20",
                "GET /api/v1/ledger/head", "GET /api/v1/checkpoints/latest", "GET /api/v1/checkpoints/3",
                "GET /api/v1/status", "HEAD /api/v1/uploads/\(Digest.ticket)",
            ])
    }

    @Test func `redirects within http are followed`() async throws {
        let target = try LoopbackServer { _ in .text("[]") }
        let server = try LoopbackServer { _ in .init(302, headers: ["Location": "\(target.url)/elsewhere"]) }
        #expect(try await CoordinatorClient(url: server.url).checkpoints() == [])
        #expect(target.requests.map(\.path) == ["/elsewhere"])
    }

    @Test(arguments: ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x", "/api/v1/checkpoints"])
    func `redirects to other protocols or without end are refused`(location: String) async throws {
        let server = try LoopbackServer { _ in .init(302, headers: ["Location": location]) }
        guard case .unexpected(_, let reason) = await failure(of: server) else {
            Issue.record("followed to \(location)")
            return
        }
        #expect(reason.contains("redirects"))
        #expect(server.requests.count <= 4)
    }

    @Test func `what is signed is not sent on to where a redirect points`() async throws {
        let target = try LoopbackServer { _ in .text("{}") }
        let server = try LoopbackServer { _ in .init(307, headers: ["Location": "\(target.url)/elsewhere"]) }
        let key = SigningKey.example(1)
        let request = WorkRequest(
            project: key.verifyingKey, host: key.verifyingKey, stamp: RequestStamp(Timestamp(milliseconds: 0)))
        let signed = try Signed(request, by: key, context: WorkRequest.signingContext)
        await #expect(throws: TransportFailure.self) {
            try await CoordinatorClient(url: server.url).requestWork(signed)
        }
        #expect(target.requests.isEmpty)
    }

    @Test func `a server that is not there is a reason to try later`() async throws {
        let server = try LoopbackServer { _ in nil }
        server.stop()
        #expect(await failure(of: server)?.isTemporary == true)
    }

    @Test func `a server that falls silent is given up`() async throws {
        let server = try LoopbackServer { _ in nil }
        var limits = TransportLimits()
        limits.silentSeconds = 1
        #expect(await failure(of: server, limits)?.isTemporary == true)
    }

    @Test func `cancelling ends a transfer that waits`() async throws {
        let (asked, signal) = AsyncStream<Void>.makeStream()
        let server = try LoopbackServer { _ in
            signal.yield()
            return nil
        }
        let call = Task { await failure(of: server) }
        for await _ in asked { break }
        call.cancel()
        #expect(await call.value == .cancelled)
    }

    @Test func `a cancelled task asks nothing`() async throws {
        let server = try LoopbackServer { _ in .text("[]") }
        let call = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await failure(of: server)
        }
        #expect(await call.value == .cancelled)
        #expect(server.requests.isEmpty)
    }

    @Test func `an answer that does not fit in memory is cut off`() async throws {
        let server = try LoopbackServer { _ in .init(body: Array(repeating: 32, count: 2000)) }
        var limits = TransportLimits()
        limits.answerBytes = 1999
        guard case .tooLarge(_, 1999) = await failure(of: server, limits) else {
            Issue.record("2000 bytes were taken")
            return
        }
    }

    @Test func `endless headers are cut off`() async throws {
        let server = try LoopbackServer { _ in
            .init(
                headers: Dictionary(
                    uniqueKeysWithValues: (0..<2000).map { ("X-\($0)", "0123456789012345678901234567890123456789") }))
        }
        guard case .tooLarge = await failure(of: server) else {
            Issue.record("the headers were taken")
            return
        }
    }

    @Test(arguments: ["", "{", "null", "{\"version\":1}", "<html>"])
    func `an answer of another form is not taken`(text: String) async throws {
        let server = try LoopbackServer { _ in .text(text) }
        guard case .unexpected = await failure(of: server) else {
            Issue.record("'\(text)' was taken")
            return
        }
    }

    @Test func `a refusal tells how long to wait`() async throws {
        let server = try LoopbackServer { _ in
            var answer = try LoopbackServer.Answer.json(
                ErrorReply(code: "unavailable", message: "the disk is full"), status: 503)
            answer.headers["Retry-After"] = "17"
            return answer
        }
        let failure = await failure(of: server)
        guard case .refused(let refused) = failure else {
            Issue.record("not refused: \(String(describing: failure))")
            return
        }
        #expect(refused.retryAfter == Seconds(17))
        #expect(refused.reply.code == "unavailable")
        #expect(TransportFailure.refused(refused).isTemporary)
    }

    @Test func `a refusal without words is told by its status`() async throws {
        let server = try LoopbackServer { _ in .text("<html>teapot</html>", status: 418) }
        let failure = await failure(of: server)
        guard case .refused(let refused) = failure else {
            Issue.record("not refused: \(String(describing: failure))")
            return
        }
        #expect(refused.reply.code == "http-418")
        #expect(!TransportFailure.refused(refused).isTemporary)
    }

    private func failure(
        of server: LoopbackServer, _ limits: TransportLimits = TransportLimits()
    ) async -> TransportFailure? {
        do throws(TransportFailure) {
            _ = try await CoordinatorClient(url: server.url, transport: HTTPTransport(limits: limits)).checkpoints()
            return nil
        } catch {
            return error
        }
    }
}
