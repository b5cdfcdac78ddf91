import Coordination
import Hummingbird
import WorkUnits

extension Request {
    /// Most bytes of a JSON message.
    static let messageLimit = 64 << 10

    /// The body as a message.
    ///
    /// What `Message` does not know is ignored; what is signed inside is checked later.
    /// - Throws: `Refusal`.
    func message<Message: Decodable>(
        _ type: Message.Type = Message.self, limit: Int = Self.messageLimit
    ) async throws -> Message {
        let bytes = try await bytes(ofType: "application/json", limit: limit)
        do {
            return try CanonicalJSON.decodeMessage(type, from: bytes)
        } catch {
            throw Refusal(.malformed, "the body is not the message this address takes: \(error.reason)")
        }
    }

    /// The whole body; one that is too large is refused before more of it is read.
    /// - Throws: `Refusal`.
    func bytes(ofType type: String, limit: Int) async throws -> [UInt8] {
        let named = headers[.contentType]?.split(separator: ";").first?.trimming(while: \.isWhitespace)
        guard named?.lowercased() == type else {
            throw Refusal(.malformed, "the Content-Type has to be \(type)")
        }
        let tooLarge = Refusal(.tooLarge, "the body has more than the \(limit) bytes that are taken at once")
        if let announced = headers[.contentLength].flatMap({ Int($0) }), announced > limit { throw tooLarge }
        var bytes: [UInt8] = []
        do {
            for try await piece in body {
                guard piece.readableBytes <= limit - bytes.count else { throw tooLarge }
                bytes.append(contentsOf: piece.readableBytesView)
            }
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw Refusal(.malformed, "the body broke off: send it again")
        }
        return bytes
    }

    func isGiven(_ name: String) -> Bool { uri.queryParameters[name[...]] != nil }

    /// A number in the query, 0 or more.
    ///
    /// - Parameter value: where it is left out; nil for one that has to be there.
    /// - Throws: `Refusal`.
    func number(_ name: String, default value: Int? = nil) throws -> Int {
        guard let text = uri.queryParameters[name[...]] else {
            guard let value else { throw Refusal(.malformed, "the query has to say \(name)=") }
            return value
        }
        guard let number = Int(text), number >= 0 else {
            throw Refusal(.malformed, "\(name) has to be a whole number, 0 or more")
        }
        return number
    }
}

extension Response {
    /// A message in its canonical form, which no cache keeps.
    static func json(
        _ message: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        guard let bytes = try? CanonicalJSON.encode(message) else {
            preconditionFailure("every message can be written as JSON")
        }
        return .text(ByteBuffer(bytes: bytes), type: "application/json", status: status, headers: headers)
    }

    static func text(
        _ body: ByteBuffer, type: String, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.contentType] = type
        headers[.cacheControl] = "no-store"
        headers[.xContentTypeOptions] = "nosniff"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }
}
