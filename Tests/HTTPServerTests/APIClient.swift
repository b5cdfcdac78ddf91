import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing
import WorkUnits

/// Sends requests, and holds every answer against the OpenAPI document.
struct APIClient: Sendable {
    let connection: any TestClientProtocol
    let document: APIDocument

    @discardableResult
    func send(
        _ method: HTTPRequest.Method, _ path: String, headers: HTTPFields = [:], body: [UInt8]? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> TestResponse {
        let response = try await connection.executeRequest(
            uri: path, method: method, headers: headers, body: body.map { ByteBuffer(bytes: $0) })
        let problems = document.problems(
            with: response.head, to: method, path, body: method == .head ? nil : Array(response.body.readableBytesView))
        for problem in problems {
            Issue.record("\(method) \(path): \(response.status): \(problem)", sourceLocation: sourceLocation)
        }
        return response
    }

    func get<Answer: Decodable>(_ path: String, as type: Answer.Type = Answer.self) async throws -> Answer {
        try await send(.get, path).decoded()
    }

    func post(_ path: String, body: [UInt8], type: String = "application/json") async throws -> TestResponse {
        try await send(.post, path, headers: [.contentType: type], body: body)
    }

    @discardableResult
    func post(_ path: String, _ message: some Encodable) async throws -> TestResponse {
        try await post(path, body: CanonicalJSON.encode(message))
    }

    func post<Answer: Decodable>(_ path: String, _ message: some Encodable) async throws -> Answer {
        try await post(path, message).decoded()
    }

    func patch(
        _ ticket: some CustomStringConvertible, at offset: String?, _ bytes: [UInt8],
        type: String = "application/offset+octet-stream"
    ) async throws -> TestResponse {
        var headers: HTTPFields = [.contentType: type]
        if let offset { headers[.uploadOffset] = offset }
        return try await send(.patch, "/api/v1/uploads/\(ticket)", headers: headers, body: bytes)
    }
}

extension TestResponse {
    var bytes: [UInt8] { Array(body.readableBytesView) }
    var text: String { String(buffer: body) }

    func decoded<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
        guard status == .ok else { throw UnexpectedReply(description: "\(status): \(text)") }
        return try JSONDecoder().decode(type, from: Data(bytes))
    }

    /// The code of an `ErrorReply`.
    var refusal: String? { try? JSONDecoder().decode(ErrorReply.self, from: Data(bytes)).code }
}

extension HTTPField.Name {
    static let uploadOffset = named("Upload-Offset")
    static let uploadLength = named("Upload-Length")

    private static func named(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is no name of a header") }
        return name
    }
}
