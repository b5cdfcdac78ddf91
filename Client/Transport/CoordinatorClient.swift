import Foundation
import WorkUnits

/// The coordinator's HTTP API, as calls. Every body is JSON; what is signed is verified by the caller.
public struct CoordinatorClient: Sendable {
    /// Without the API's prefix and without a slash at the end.
    public let url: String
    let transport: HTTPTransport

    /// - Parameter url: where the server is, such as `https://example.org` or `http://localhost:8080/caravan`.
    public init(url: String, transport: HTTPTransport = HTTPTransport()) throws(TransportFailure) {
        self.url = try Self.normalize(url)
        self.transport = transport
    }

    public func project() async throws(TransportFailure) -> Signed<ProjectDescription> {
        try await get("project")
    }

    public func register(_ registration: Signed<HostRegistration>) async throws(TransportFailure) {
        let _: Empty = try await post("hosts", registration)
    }

    public func revoke(_ revocation: Signed<HostRevocation>) async throws(TransportFailure) {
        let _: Empty = try await post("revocations", revocation)
    }

    public func replaceKey(_ replacement: ConfirmedReplacement) async throws(TransportFailure) {
        let _: Empty = try await post("keys", replacement)
    }

    public func requestWork(_ request: Signed<WorkRequest>) async throws(TransportFailure) -> WorkReply {
        try await post("work", request)
    }

    public func announceUpload(
        _ announcement: Signed<UploadAnnouncement>
    ) async throws(TransportFailure) -> UploadState {
        let state: UploadState = try await post("uploads", announcement)
        return try checked(state, of: state.ticket, url: address("uploads"))
    }

    /// Where an announced upload stands.
    public func uploadState(_ ticket: Digest) async throws(TransportFailure) -> UploadState {
        try await transport.exchange { (exchange) throws(TransportFailure) in
            try uploadState(ticket, exchange)
        }
    }

    /// Adds bytes at the offset. One that is not the durable one is answered with the state, not with an error.
    public func sendUpload(
        _ ticket: Digest, at offset: Int, _ bytes: [UInt8]
    ) async throws(TransportFailure) -> UploadState {
        try await transport.exchange { (exchange) throws(TransportFailure) in
            try sendUpload(ticket, at: offset, bytes, exchange)
        }
    }

    public func submit(_ delivery: Delivery) async throws(TransportFailure) -> DeliveryReply {
        try await post("submissions", delivery)
    }

    public func ledgerPage(from: Int, limit: Int) async throws(TransportFailure) -> LedgerPage {
        try await get("ledger?from=\(from)&limit=\(limit)")
    }

    public func ledgerHead() async throws(TransportFailure) -> Signed<LedgerHead> {
        try await get("ledger/head")
    }

    public func inclusionProof(of entry: Int, in size: Int) async throws(TransportFailure) -> InclusionProof {
        try await get("ledger/proof?entry=\(entry)&size=\(size)")
    }

    public func consistencyProof(from old: Int, to new: Int) async throws(TransportFailure) -> ConsistencyProof {
        try await get("ledger/consistency?from=\(old)&to=\(new)")
    }

    /// The newest word of each witness.
    public func witnesses() async throws(TransportFailure) -> [Signed<Cosignature>] {
        try await get("ledger/witnesses")
    }

    public func witness(_ cosignature: Signed<Cosignature>) async throws(TransportFailure) {
        let _: Empty = try await post("ledger/witnesses", cosignature)
    }

    public func checkpoints() async throws(TransportFailure) -> [CheckpointSummary] {
        try await get("checkpoints")
    }

    /// - Parameter version: nil for the newest.
    public func checkpoint(version: Int?) async throws(TransportFailure) -> Signed<CheckpointManifest> {
        try await get("checkpoints/\(version.map(String.init) ?? "latest")")
    }

    public func status() async throws(TransportFailure) -> ServerStatus {
        try await get("status")
    }
}

extension CoordinatorClient {
    /// An answer that says no more than that all is well.
    private struct Empty: Decodable {}

    private func get<Answer: Decodable & Sendable>(_ path: String) async throws(TransportFailure) -> Answer {
        let request = HTTPRequest(method: .get, url: address(path))
        return try await transport.exchange { (exchange) throws(TransportFailure) in try exchange.answer(to: request) }
    }

    private func post<Answer: Decodable & Sendable>(
        _ path: String, _ message: some Encodable
    ) async throws(TransportFailure) -> Answer {
        guard let body = try? CanonicalJSON.encode(message) else {
            preconditionFailure("every message can be written as JSON")
        }
        let request = HTTPRequest(
            method: .post, url: address(path), headers: ["Content-Type": "application/json"], body: body)
        return try await transport.exchange { (exchange) throws(TransportFailure) in try exchange.answer(to: request) }
    }

    func address(_ path: String) -> String { "\(url)/api/v1/\(path)" }

    private static func normalize(_ url: String) throws(TransportFailure) -> String {
        guard let parts = URLComponents(string: url) else { throw .invalidURL(url, reason: "it cannot be read") }
        guard let scheme = parts.scheme?.lowercased(), ["http", "https"].contains(scheme) else {
            throw .invalidURL(url, reason: "it must begin with https:// or http://")
        }
        guard let host = parts.host, !host.isEmpty else { throw .invalidURL(url, reason: "it names no computer") }
        guard parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil else {
            throw .invalidURL(url, reason: "it must not have a user, password, query or fragment")
        }
        var url = url
        while url.hasSuffix("/") { url.removeLast() }
        return url
    }
}

extension Exchange {
    /// Performs a request and decodes its answer, or throws what the server says.
    func answer<Answer: Decodable>(to request: HTTPRequest) throws(TransportFailure) -> Answer {
        let (head, body) = try perform(request)
        guard head.isSuccess else { throw .refused(head, body) }
        return try decode(body, from: request.url)
    }

    func decode<Answer: Decodable>(_ body: [UInt8], from url: String) throws(TransportFailure) -> Answer {
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(body))
        } catch {
            throw .unexpected(url: url, reason: "its answer is not a \(Answer.self)")
        }
    }
}

extension TransportFailure {
    /// The server's refusal, in its own words where it has any. Words for people are bounded and stay on one line.
    static func refused(_ head: HTTPHead, _ body: [UInt8]) -> TransportFailure {
        var reply =
            (try? JSONDecoder().decode(ErrorReply.self, from: Data(body)))
            ?? ErrorReply(code: "http-\(head.status)", message: "it answered with status \(head.status)")
        reply.message = String(reply.message.prefix(500).map { $0.isNewline ? " " : $0 })
        let retryAfter = head.number("retry-after").map { Seconds(Double($0)) }
        return .refused(Refused(status: head.status, reply: reply, retryAfter: retryAfter))
    }
}
