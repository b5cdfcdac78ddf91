import WorkUnits

/// A document's place in the order of a dataset: SHA-256 of the seed and the text's digest. Equal for equal texts.
struct DocumentRank: Hashable, Comparable, Sendable {
    /// The digest's bytes as four numbers, the first byte the most significant.
    private var parts: (UInt64, UInt64, UInt64, UInt64)

    static let size = 32

    init(of text: [UInt8], seed: UInt64) {
        let digest = Digest(of: [UInt8]("caravan document order \(seed) ".utf8) + Digest(of: text).bytes)
        self.init(digest.bytes, at: 0)
    }

    /// Reads `size` bytes.
    init(_ bytes: [UInt8], at start: Int) {
        func part(_ index: Int) -> UInt64 { bytes.littleEndian(UInt64.self, at: start + 8 * index).byteSwapped }
        parts = (part(0), part(1), part(2), part(3))
    }

    func append(to bytes: inout [UInt8]) {
        for part in [parts.0, parts.1, parts.2, parts.3] { bytes.appendLittleEndian(part.byteSwapped) }
    }

    /// 0 ..< 256.
    var firstByte: Int { Int(parts.0 >> 56) }

    /// A number in [0, 1) that depends on seed and text alone, and not on the order.
    var lot: Double { Double(parts.3 >> 11) * 0x1p-53 }

    static func == (left: DocumentRank, right: DocumentRank) -> Bool { left.parts == right.parts }

    static func < (left: DocumentRank, right: DocumentRank) -> Bool { left.parts < right.parts }

    func hash(into hasher: inout Hasher) { hasher.combine(parts.0) }
}
