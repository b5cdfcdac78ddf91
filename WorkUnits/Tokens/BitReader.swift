/// Bits one after the other, from the most significant bit of the first byte; zeros after the last.
struct BitReader {
    /// The next bit.
    private(set) var position = 0
    /// With eight zeros behind the last byte.
    private let padded: [UInt8]

    init(_ bytes: some Collection<UInt8>) {
        padded = bytes + [UInt8](repeating: 0, count: 8)
    }

    var byteCount: Int { padded.count - 8 }

    /// The bits in memory, as long as `body` runs.
    func withBits<Result>(_ body: (Bits) -> Result) -> Result {
        padded.withUnsafeBytes { body(Bits(padded: $0)) }
    }

    /// The next bits, without going past them.
    ///
    /// - Parameter count: 1 ... 32.
    func peek(_ count: Int) -> Int {
        withBits { Int($0.window(at: position) >> (64 - count)) }
    }

    mutating func skip(_ count: Int) { position += count }

    /// - Parameter count: 1 ... 32.
    mutating func read(_ count: Int) -> Int {
        defer { skip(count) }
        return peek(count)
    }

    /// Goes to the next whole byte.
    ///
    /// - Returns: false if this leaves out a bit that is not zero, or if there are not so many bytes.
    mutating func align() -> Bool {
        let end = (position + 7) / 8
        defer { position = 8 * end }
        return isEnd(end, of: position)
    }

    /// Whether bits that end before `position` fill the bytes before `end`: the rest are zeros, fewer than eight.
    func isEnd(_ end: Int, of position: Int) -> Bool {
        let rest = 8 * end - position
        guard end <= byteCount, 0..<8 ~= rest else { return false }
        return rest == 0 || withBits { $0.window(at: position) >> (64 - rest) } == 0
    }
}

/// Memory seen as bits.
struct Bits {
    private let bytes: UnsafeRawBufferPointer
    private let last: Int

    /// - Parameter padded: eight bytes at least.
    init(padded bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        last = bytes.count - 8
    }

    /// The bits from `position` on, in the most significant places: 57 of them at least, zeros after the last byte.
    ///
    /// - Parameter position: not negative; wrong bits, but no others' memory, beyond the last byte.
    @inline(__always)
    func window(at position: Int) -> UInt64 {
        // SAFETY: eight bytes lie at `last`, and at all places before it.
        let bigEndian = bytes.loadUnaligned(fromByteOffset: min(position &>> 3, last), as: UInt64.self)
        return UInt64(bigEndian: bigEndian) &<< UInt64(truncatingIfNeeded: position & 7)
    }
}
