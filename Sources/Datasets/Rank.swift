import WorkUnits

/// A place in the order of a dataset: SHA-256 of the seed and of what has the place.
struct Rank: Hashable, Comparable, Sendable {
    /// The digest's bytes as four numbers, the first byte the most significant.
    private var parts: (UInt64, UInt64, UInt64, UInt64)

    static let size = 32

    /// A document's: equal for equal texts.
    init(ofDocument text: [UInt8], seed: UInt64) {
        let digest = Digest(of: [UInt8]("caravan document order \(seed) ".utf8) + Digest(of: text).bytes)
        self.init(digest.bytes, at: 0)
    }

    /// A passage's, which is counted from 0 in the order of the documents.
    init(ofPassage number: Int, seed: UInt64) {
        self.init(Digest(of: [UInt8]("caravan passage order \(seed) \(number)".utf8)).bytes, at: 0)
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

    static func == (left: Rank, right: Rank) -> Bool { left.parts == right.parts }

    static func < (left: Rank, right: Rank) -> Bool { left.parts < right.parts }

    func hash(into hasher: inout Hasher) { hasher.combine(parts.0) }
}
