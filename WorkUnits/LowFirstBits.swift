/// Bits in bytes, the lowest bit of a byte first.
struct LowFirstBitWriter {
    private(set) var bytes: [UInt8] = []
    private var pending: UInt64 = 0
    private var pendingCount = 0

    /// The lower `count` bits of `value`, 0 ... 32 of them; the others are zero.
    mutating func write(_ value: UInt64, count: Int) {
        pending |= value << UInt64(pendingCount)
        pendingCount += count
        while pendingCount >= 8 {
            bytes.append(UInt8(truncatingIfNeeded: pending))
            pending >>= 8
            pendingCount -= 8
        }
    }

    /// As many zeros, then a one.
    mutating func writeUnary(_ zeros: Int) {
        for _ in 0..<zeros / 32 { write(0, count: 32) }
        write(1 << UInt64(zeros % 32), count: zeros % 32 + 1)
    }

    /// Fills the last byte with zeros.
    consuming func finish() -> [UInt8] {
        if pendingCount > 0 { bytes.append(UInt8(truncatingIfNeeded: pending)) }
        return bytes
    }
}

/// Reads what a `LowFirstBitWriter` wrote, and never beyond it.
struct LowFirstBitReader {
    private let bytes: ArraySlice<UInt8>
    /// Of the next byte that is not pending.
    private var next: Int
    private var pending: UInt64 = 0
    private var pendingCount = 0

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        next = bytes.startIndex
    }

    /// 0 ... 32 bits, or nil at the end.
    mutating func read(_ count: Int) -> Int? {
        fill()
        guard pendingCount >= count else { return nil }
        let value = pending & (1 << UInt64(count) - 1)
        drop(count)
        return Int(value)
    }

    /// The number of zeros before the next one, or nil when there is none.
    mutating func readUnary() -> Int? {
        var zeros = 0
        while true {
            fill()
            guard pendingCount > 0 else { return nil }
            guard pending == 0 else { break }
            zeros += pendingCount
            pendingCount = 0
        }
        let more = pending.trailingZeroBitCount
        drop(more + 1)
        return zeros + more
    }

    /// Whether nothing is left but zeros that fill the last byte.
    var isFinished: Bool { next == bytes.endIndex && pendingCount < 8 && pending == 0 }

    private mutating func fill() {
        while pendingCount <= 56, next < bytes.endIndex {
            pending |= UInt64(bytes[next]) << UInt64(pendingCount)
            pendingCount += 8
            next += 1
        }
    }

    private mutating func drop(_ count: Int) {
        pending = count < 64 ? pending >> UInt64(count) : 0
        pendingCount -= count
    }
}
