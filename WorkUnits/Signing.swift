import Crypto

/// An Ed25519 private key. Never leaves the folder that holds it.
public struct SigningKey: Sendable {
    private let key: Curve25519.Signing.PrivateKey

    /// A new key from the system's generator.
    public init() {
        key = Curve25519.Signing.PrivateKey()
    }

    /// - Parameter seed: the 32 bytes of RFC 8032, section 5.1.5.
    /// - Returns: nil unless there are exactly 32.
    public init?(seed: [UInt8]) {
        guard seed.count == 32, let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else {
            return nil
        }
        self.key = key
    }

    public var seed: [UInt8] { Array(key.rawRepresentation) }

    public var verifyingKey: VerifyingKey { VerifyingKey(key.publicKey) }

    /// Signs `context`, a zero byte, and the content: a signature for one purpose cannot serve another.
    public func sign(_ content: [UInt8], context: String) -> Signature {
        guard let bytes = try? key.signature(for: Signature.message(content, context: context)),
            let signature = Signature(bytes: bytes)
        else { preconditionFailure("Ed25519 signs any message, with 64 bytes") }
        return signature
    }
}

/// An Ed25519 public key: the name of a host or of a project. 32 bytes, written as 64 hexadecimal digits.
public struct VerifyingKey: Hashable, Sendable {
    private let content: Bytes32

    public var bytes: [UInt8] { content.bytes }

    /// - Returns: nil unless there are exactly 32 bytes, which are a key.
    public init?(bytes: [UInt8]) {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else { return nil }
        self.init(key)
    }

    fileprivate init(_ key: Curve25519.Signing.PublicKey) {
        guard let content = Bytes32(Array(key.rawRepresentation)) else { preconditionFailure("a key has 32 bytes") }
        self.content = content
    }

    public func isValid(_ signature: Signature, for content: [UInt8], context: String) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else { return false }
        return key.isValidSignature(signature.bytes, for: Signature.message(content, context: context))
    }
}

extension VerifyingKey: LosslessStringConvertible, Comparable, Codable {
    public init?(_ description: String) {
        guard let bytes = [UInt8](hexadecimal: description) else { return nil }
        self.init(bytes: bytes)
    }

    public var description: String { bytes.hexadecimal }

    /// The first twelve digits, for messages and tables.
    public var short: String { String(description.prefix(12)) }

    public static func < (left: VerifyingKey, right: VerifyingKey) -> Bool {
        left.content < right.content
    }

    public init(from decoder: any Decoder) throws {
        self = try decoder.losslessString(named: "public key")
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Lets dictionaries by key be JSON objects, whose order is canonical.
extension VerifyingKey: CodingKeyRepresentable {
    public var codingKey: any CodingKey { Name(stringValue: description) }

    public init?(codingKey: some CodingKey) {
        self.init(codingKey.stringValue)
    }

    private struct Name: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) {
            self.stringValue = stringValue
        }

        init?(intValue: Int) {
            nil
        }
    }
}

/// An Ed25519 signature: 64 bytes, written as 128 hexadecimal digits.
public struct Signature: Hashable, Sendable {
    private let first, second: Bytes32

    public var bytes: [UInt8] { first.bytes + second.bytes }

    fileprivate init?(bytes: some Collection<UInt8>) {
        guard let first = Bytes32(bytes.prefix(Bytes32.count)), let second = Bytes32(bytes.dropFirst(Bytes32.count))
        else { return nil }
        (self.first, self.second) = (first, second)
    }

    fileprivate static func message(_ content: [UInt8], context: String) -> [UInt8] {
        Array(context.utf8) + [0] + content
    }
}

extension Signature: LosslessStringConvertible, Codable {
    public init?(_ description: String) {
        guard let bytes = [UInt8](hexadecimal: description) else { return nil }
        self.init(bytes: bytes)
    }

    public var description: String { bytes.hexadecimal }

    public init(from decoder: any Decoder) throws {
        self = try decoder.losslessString(named: "signature")
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
