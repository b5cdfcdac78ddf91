/// The one encoding of every document that is digested or signed: JSON with sorted keys and nothing optional.
///
/// No white space; keys sorted by their UTF-8 bytes; no escaped slashes; numbers in the shortest form that reads back
/// the same. Decoding accepts exactly what encoding writes: unknown or repeated keys, other spellings of a number and
/// trailing bytes are refused, so a value has one digest.
public enum CanonicalJSON {
    public static func encode(_ value: some Encodable) throws -> [UInt8] {
        let tree = JSONTree()
        try value.encode(to: JSONTreeEncoder(tree: tree, node: JSONTree.root))
        return tree.text()
    }

    /// - Parameter limit: the most bytes to look at; longer input is refused unread.
    public static func decode<Value: Codable>(
        _ type: Value.Type, from bytes: [UInt8], limit: Int = 1 << 20
    ) throws(MalformedDocument) -> Value {
        guard bytes.count <= limit else {
            throw MalformedDocument(
                type: String(describing: type), reason: "\(bytes.count) bytes are more than the \(limit) allowed")
        }
        let value = try decodeMessage(type, from: bytes)
        let canonical = (try? encode(value)) ?? []
        guard canonical == bytes else {
            let same = zip(canonical, bytes).prefix { $0 == $1 }.count
            throw MalformedDocument(
                type: String(describing: type), reason: "not in canonical form from byte \(same) on")
        }
        return value
    }

    /// Reads JSON in any spelling, and ignores what the type does not know: a message that nobody signs.
    public static func decodeMessage<Value: Decodable>(
        _ type: Value.Type, from bytes: [UInt8]
    ) throws(MalformedDocument) -> Value {
        do {
            guard let text = JSONText(bytes) else {
                throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "not JSON"))
            }
            return try Value(from: JSONTextDecoder(text: text, index: 0))
        } catch {
            throw MalformedDocument(type: String(describing: type), reason: MalformedDocument.explain(error))
        }
    }
}

/// Bytes that are not the document they should be, and why.
public struct MalformedDocument: Error, Hashable, Sendable, CustomStringConvertible {
    public var type: String
    public var reason: String

    public init(type: String, reason: String) {
        self.type = type
        self.reason = reason
    }

    public var description: String { "malformed \(type): \(reason)" }

    /// What a decoder found wrong, in words.
    package static func explain(_ error: any Error) -> String {
        func path(_ context: DecodingError.Context) -> String {
            context.codingPath.map(\.stringValue).joined(separator: ".")
        }
        return switch error {
        case DecodingError.keyNotFound(let key, let context):
            "'\(key.stringValue)' is missing\(context.codingPath.isEmpty ? "" : " in \(path(context))")"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            "'\(path(context))' has the wrong type"
        case DecodingError.dataCorrupted(let context):
            context.codingPath.isEmpty ? "not JSON" : "'\(path(context))' is \(context.debugDescription)"
        default: "\(error)"
        }
    }
}

/// A document as its signer wrote it, byte for byte, with the signature.
public struct Signed<Body: Codable & Sendable>: Codable, Sendable, Hashable {
    /// The canonical JSON of `Body`, kept as text so that its bytes survive any transport.
    public var document: String
    public var signature: Signature

    public init(_ body: Body, by key: SigningKey, context: String) throws {
        let bytes = try CanonicalJSON.encode(body)
        document = String(decoding: bytes, as: UTF8.self)
        signature = key.sign(bytes, context: context)
    }

    /// The envelope of a body whose signature was kept without the document: the canonical form is the same again.
    public init(_ body: Body, signature: Signature) throws {
        document = String(decoding: try CanonicalJSON.encode(body), as: UTF8.self)
        self.signature = signature
    }

    /// Digest of the document's bytes.
    public var digest: Digest { Digest(of: document.utf8) }

    /// The body, if `key` signed it.
    public func verified(by key: VerifyingKey, context: String) throws(UntrustedDocument) -> Body {
        try verify(by: key, context: context)
        return try unverified()
    }

    /// The body, if the key that it names itself signed it.
    public func verified(context: String, by key: (Body) -> VerifyingKey) throws(UntrustedDocument) -> Body {
        let body = try unverified()
        try verify(by: key(body), context: context)
        return body
    }

    private func verify(by key: VerifyingKey, context: String) throws(UntrustedDocument) {
        guard key.isValid(signature, for: Array(document.utf8), context: context) else {
            throw .wrongSignature(type: String(describing: Body.self), key: key)
        }
    }

    /// The body of a document that this program signed or verified itself: neither is looked at again, nor its form.
    public func known() throws(UntrustedDocument) -> Body {
        do {
            return try CanonicalJSON.decodeMessage(Body.self, from: Array(document.utf8))
        } catch {
            throw .malformed(error)
        }
    }

    /// The body without a look at the signature: to learn whose key to verify with.
    public func unverified() throws(UntrustedDocument) -> Body {
        do {
            return try CanonicalJSON.decode(Body.self, from: Array(document.utf8))
        } catch {
            throw .malformed(error)
        }
    }
}

public enum UntrustedDocument: Error, Hashable, Sendable, CustomStringConvertible {
    case malformed(MalformedDocument)
    case wrongSignature(type: String, key: VerifyingKey)

    public var description: String {
        switch self {
        case .malformed(let error): error.description
        case .wrongSignature(let type, let key): "this \(type) was not signed by key \(key.short)"
        }
    }
}
