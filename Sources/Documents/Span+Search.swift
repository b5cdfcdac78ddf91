/// Eight bytes at a time, after S. E. Anderson, "Bit Twiddling Hacks" (determine if a word has a byte equal to n).
struct ByteWord {
    static let low: UInt64 = 0x0101_0101_0101_0101
    static let high: UInt64 = 0x8080_8080_8080_8080

    /// The high bit of each zero byte, and possibly of bytes behind the first one.
    @inline(__always) static func zeros(_ word: UInt64) -> UInt64 { (word &- low) & ~word & high }

    /// 1 in each byte that is zero, 0 in the others.
    @inline(__always) static func ones(whereZero word: UInt64) -> UInt64 {
        ~((word & ~high) &+ ~high | word | ~high) >> 7
    }

    /// Of the eight bytes.
    @inline(__always) static func sum(_ word: UInt64) -> Int {
        let pairs: UInt64 = 0x00FF_00FF_00FF_00FF
        return Int((((word & pairs) &+ (word >> 8 & pairs)) &* 0x0001_0001_0001_0001) >> 48)
    }

    /// The same as `zeros` for bytes below 0x20.
    @inline(__always) static func controls(_ word: UInt64) -> UInt64 { (word &- low &* 0x20) & ~word & high }
}

extension Span<UInt8> {
    /// The eight bytes from a position on, the first one lowest.
    @inline(__always) func word(at position: Int) -> UInt64 {
        // SAFETY: every caller has compared position with count - 8.
        UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: position, as: UInt64.self))
    }

    /// The first of either byte at or behind a position.
    @inline(__always) func firstIndex(of one: UInt8, or other: UInt8, from position: Int) -> Int? {
        let (ones, others) = (ByteWord.low &* UInt64(one), ByteWord.low &* UInt64(other))
        var position = position
        while position <= count - 8 {
            let word = word(at: position)
            let found = ByteWord.zeros(word ^ ones) | ByteWord.zeros(word ^ others)
            if found != 0 { return position + found.trailingZeroBitCount / 8 }
            position += 8
        }
        while position < count {
            if self[position] == one || self[position] == other { return position }
            position += 1
        }
        return nil
    }

    func count(of byte: UInt8) -> Int {
        let wanted = ByteWord.low &* UInt64(byte)
        var (total, position) = (0, 0)
        while position <= count - 8 {
            // Each byte of the sums counts up to 255.
            var sums: UInt64 = 0
            let end = Swift.min(position + 255 * 8, count - (count - position) % 8)
            while position < end {
                sums &+= ByteWord.ones(whereZero: word(at: position) ^ wanted)
                position += 8
            }
            total += ByteWord.sum(sums)
        }
        while position < count {
            if self[position] == byte { total += 1 }
            position += 1
        }
        return total
    }
}

extension UInt8 {
    static let lineFeed = UInt8(ascii: "\n")
    static let carriageReturn = UInt8(ascii: "\r")
    static let quote = UInt8(ascii: "\"")

    var isLineBreak: Bool { self == .lineFeed || self == .carriageReturn }
}
