import Crypto

/// A SHA-256 digest: the name of every blob, unit, update, entry and checkpoint.
///
/// Written as 64 lowercase hexadecimal digits wherever a person or JSON sees it. Ordered by its bytes.
public struct Digest: Hashable, Sendable {
    private let content: Bytes32

    /// Exactly 32 bytes.
    public var bytes: [UInt8] { content.bytes }

    /// - Returns: nil unless there are exactly 32 bytes.
    public init?(bytes: [UInt8]) {
        guard let content = Bytes32(bytes) else { return nil }
        self.content = content
    }

    /// The digest of these bytes.
    public init(of content: some Sequence<UInt8>) {
        var hasher = DigestHasher()
        if content.withContiguousStorageIfAvailable({ hasher.update(UnsafeRawBufferPointer($0)) }) == nil {
            hasher.update(Array(content))
        }
        self = hasher.finish()
    }

    /// The digest of all bytes of a file or such, read a MiB at a time.
    public init(reading content: any RandomAccessBytes) throws(UnreadableBytes) {
        var hasher = DigestHasher()
        for offset in stride(from: 0, to: content.count, by: 1 << 20) {
            hasher.update(try content.read(min(1 << 20, content.count - offset), at: offset))
        }
        self = hasher.finish()
    }

    fileprivate init(_ digest: SHA256Digest) {
        content = digest.withUnsafeBytes { Bytes32($0) }
    }

    private init(_ content: Bytes32) {
        self.content = content
    }

    /// The first 64 bits as a number, the first byte the most significant: to draw by, and to tell digests apart in memory.
    public var leadingBits: UInt64 { content.first }

    /// 32 zero bytes: the digest of nothing, such as of the entry before a ledger's first.
    public static let zero = Digest(.zero)
}

/// Digests a stream of chunks: the same result for any division into chunks.
public struct DigestHasher {
    private var hasher = SHA256()

    public init() {}

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        hasher.update(bufferPointer: bytes)
    }

    public mutating func update(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { hasher.update(bufferPointer: $0) }
    }

    public func finish() -> Digest {
        Digest(hasher.finalize())
    }
}

extension Digest: LosslessStringConvertible {
    /// - Returns: nil unless the text is 64 lowercase hexadecimal digits.
    public init?(_ description: String) {
        guard let bytes = [UInt8](hexadecimal: description) else { return nil }
        self.init(bytes: bytes)
    }

    public var description: String { bytes.hexadecimal }

    /// The first twelve digits: enough to recognise it by, for messages and tables.
    public var short: String { String(description.prefix(12)) }
}

extension Digest: Comparable {
    public static func < (left: Digest, right: Digest) -> Bool {
        left.content < right.content
    }
}

extension Digest: Codable {
    public init(from decoder: any Decoder) throws {
        self = try decoder.losslessString(named: "SHA-256 digest")
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
