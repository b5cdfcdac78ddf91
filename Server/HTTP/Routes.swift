import Coordination
import Dashboard
import HTTPTypes
import Hummingbird
import WorkUnits

/// The addresses of the API: bytes to messages, messages to the coordinator, and back.
///
/// `openapi.yaml` describes them.
struct Routes {
    let coordinator: Coordinator

    /// Most bytes of one `PATCH`.
    static let uploadLimit = 8 << 20
    /// Most bytes of a submission: four for three of the update, and a message.
    static let deliveryLimit = Delivery.maximumUpdateBytes / 3 * 4 + Request.messageLimit

    func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.add(middleware: ErrorReplies())
        router.get("/") { request, _ in try await dashboard(request) }
        router.get("/health") { _, _ in Response.text(ByteBuffer(string: "ok\n"), type: "text/plain") }
        let api = router.group("/api/v1")
        api.get("/openapi.yaml") { _, _ in
            Response.text(ByteBuffer(bytes: PackageResources.openapi_yaml), type: "application/yaml")
        }
        addVolunteers(to: api)
        addUploads(to: api)
        addRecords(to: api)
        return router
    }

    /// What volunteers ask for and send.
    private func addVolunteers(to api: RouterGroup<BasicRequestContext>) {
        api.post("/hosts") { request, _ in
            try await coordinator.register(request.message())
            return Response.json([String: String]())
        }
        api.post("/revocations") { request, _ in
            try await coordinator.revoke(request.message())
            return Response.json([String: String]())
        }
        api.post("/keys") { request, _ in
            try await coordinator.replaceKey(request.message())
            return Response.json([String: String]())
        }
        api.post("/work") { request, _ in
            Response.json(try await coordinator.requestWork(request.message()))
        }
        api.post("/submissions") { request, _ in
            Response.json(try await coordinator.submit(request.message(limit: Self.deliveryLimit) as Delivery))
        }
    }

    private func addUploads(to api: RouterGroup<BasicRequestContext>) {
        api.post("/uploads") { request, _ in
            Response.json(try await coordinator.announceUpload(request.message()))
        }
        api.head("/uploads/{ticket}") { _, context in
            let state = try await coordinator.uploadState(try ticket(context))
            return Response(status: .ok, headers: state.headers)
        }
        api.patch("/uploads/{ticket}") { request, context in
            try await append(request, to: try ticket(context))
        }
    }

    /// What anyone may read.
    private func addRecords(to api: RouterGroup<BasicRequestContext>) {
        api.get("/project") { _, _ in Response.json(coordinator.project()) }
        api.get("/status") { _, _ in Response.json(try await coordinator.status()) }
        for method in [HTTPRequest.Method.get, .head] {
            api.on("/blobs/{digest}", method: method) { request, context in try await blob(request, context) }
        }
        api.get("/ledger") { request, _ in
            let from = try request.number("from", default: 0)
            return Response.json(
                try await coordinator.ledgerPage(from: from, limit: try request.number("limit", default: 100)))
        }
        api.get("/ledger/head") { _, _ in Response.json(try await coordinator.ledgerHead()) }
        api.get("/ledger/proof") { request, _ in
            let entry = try request.number("entry")
            return Response.json(
                try await coordinator.inclusionProof(
                    of: entry, in: request.isGiven("size") ? request.number("size") : nil))
        }
        api.get("/ledger/consistency") { request, _ in
            let from = try request.number("from")
            return Response.json(
                try await coordinator.consistencyProof(
                    from: from, to: request.isGiven("to") ? request.number("to") : nil))
        }
        api.get("/ledger/witnesses") { _, _ in Response.json(await coordinator.witnesses()) }
        api.post("/ledger/witnesses") { request, _ in
            try await coordinator.witness(request.message())
            return Response.json([String: String]())
        }
        api.get("/checkpoints") { _, _ in Response.json(try await coordinator.checkpoints()) }
        api.get("/checkpoints/latest") { _, _ in Response.json(try await coordinator.checkpoint(version: nil)) }
        api.get("/checkpoints/{version}") { _, context in
            guard let version = context.parameters.get("version", as: Int.self) else {
                throw Refusal(.notFound, "versions are whole numbers, or 'latest'")
            }
            return Response.json(try await coordinator.checkpoint(version: version))
        }
    }

    private func dashboard(_ request: Request) async throws -> Response {
        let scheme = request.headers[.forwardedScheme] == "https" ? "https" : "http"
        let page = DashboardPage.render(
            try await coordinator.status(), of: try coordinator.project().unverified(),
            at: "\(scheme)://\(request.head.authority ?? "localhost")")
        return .text(
            ByteBuffer(string: page), type: "text/html; charset=utf-8",
            headers: [.contentSecurityPolicy: "default-src 'none'; style-src 'unsafe-inline'"])
    }

    private func blob(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        guard let digest = context.parameters.get("digest", as: Digest.self) else {
            throw Refusal(.notFound, "there is no blob of this name: names are SHA-256 digests, 64 digits")
        }
        let blob = try await coordinator.blob(digest)
        return BlobReply(digest: digest, blob: blob) { await coordinator.countBytes(down: $0) }.response(to: request)
    }

    private func append(_ request: Request, to ticket: Digest) async throws -> Response {
        guard let offset = request.headers[.uploadOffset].flatMap({ Int($0) }), offset >= 0 else {
            throw Refusal(.malformed, "the Upload-Offset has to say where these bytes belong")
        }
        // Before the body: bytes that nobody announced take no memory.
        _ = try await coordinator.uploadState(ticket)
        let bytes = try await request.bytes(ofType: "application/offset+octet-stream", limit: Self.uploadLimit)
        do {
            let state = try await coordinator.appendUpload(ticket, at: offset, bytes)
            return .json(state, headers: state.headers)
        } catch let refusal as Refusal where refusal.code == .conflict {
            let state = try await coordinator.uploadState(ticket)
            let reply = ErrorReply(code: refusal.code.rawValue, message: refusal.message)
            return .json(reply, status: .conflict, headers: state.headers)
        }
    }

    private func ticket(_ context: BasicRequestContext) throws -> Digest {
        guard let ticket = context.parameters.get("ticket", as: Digest.self) else {
            throw Refusal(.notFound, "there is no upload of this name: tickets have 64 digits")
        }
        return ticket
    }
}

extension UploadState {
    fileprivate var headers: HTTPFields { [.uploadOffset: String(offset), .uploadLength: String(length)] }
}

extension HTTPField.Name {
    fileprivate static let uploadOffset = named("Upload-Offset")
    fileprivate static let uploadLength = named("Upload-Length")
    /// Set by a proxy that ends TLS.
    fileprivate static let forwardedScheme = named("X-Forwarded-Proto")

    private static func named(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is no name of a header") }
        return name
    }
}
