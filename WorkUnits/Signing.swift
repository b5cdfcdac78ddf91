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
        guard let signature = try? key.signature(for: Signature.message(content, context: context)) else {
            preconditionFailure("Ed25519 signs any message")
        }
        return Signature(bytes: Array(signature))
    }
}

/// An Ed25519 public key: the name of a host or of a project. 32 bytes, written as 64 hexadecimal digits.
public struct VerifyingKey: Hashable, Sendable {
    public let bytes: [UInt8]

    public init?(bytes: [UInt8]) {
        guard bytes.count == 32, (try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)) != nil else {
            return nil
        }
        self.bytes = bytes
    }

    fileprivate init(_ key: Curve25519.Signing.PublicKey) {
        bytes = Array(key.rawRepresentation)
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
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }

    public init(from decoder: any Decoder) throws {
        self = try decoder.losslessString(named: "public key")
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// All bytes at once: dictionaries of hosts hash a key at every look.
extension VerifyingKey {
    public func hash(into hasher: inout Hasher) {
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
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
    public let bytes: [UInt8]

    fileprivate init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    fileprivate static func message(_ content: [UInt8], context: String) -> [UInt8] {
        Array(context.utf8) + [0] + content
    }
}

extension Signature: LosslessStringConvertible, Codable {
    public init?(_ description: String) {
        guard let bytes = [UInt8](hexadecimal: description), bytes.count == 64 else { return nil }
        self.bytes = bytes
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
