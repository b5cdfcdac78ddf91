/// The words of a text, which blanks (ASCII's) part: a hash and a length for each.
struct Words {
    private(set) var hashes: [UInt64] = []
    /// In bytes.
    private(set) var lengths: [UInt32] = []
    /// Bytes of all words.
    private(set) var bytes = 0

    init(_ text: [UInt8]) {
        hashes.reserveCapacity(text.count / 5)
        lengths.reserveCapacity(text.count / 5)
        text.withUnsafeBytes { text in
            var index = 0
            while index < text.count {
                if text[index] <= 0x20 {
                    index += 1
                    continue
                }
                let (hash, length) = Self.word(text, at: index)
                hashes.append(hash)
                lengths.append(UInt32(clamping: length))
                bytes += length
                index += length + 1
            }
        }
    }

    /// The hash and the length of the word that starts at `start`, eight bytes at a time.
    private static func word(_ text: UnsafeRawBufferPointer, at start: Int) -> (hash: UInt64, length: Int) {
        var hash: UInt64 = 0
        var index = start
        while index + 8 <= text.count {
            // SAFETY: the eight bytes end inside the buffer.
            let bytes = UInt64(littleEndian: text.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            // The lowest high bit that is set marks the first byte up to a space: below 0x21 without its high bit.
            let blanks = (bytes &- 0x2121_2121_2121_2121) & ~bytes & 0x8080_8080_8080_8080
            if blanks != 0 {
                let bits = blanks.trailingZeroBitCount & ~7
                return (mixed(hash, bytes & ((1 << UInt64(bits)) &- 1)), index - start + bits / 8)
            }
            hash = mixed(hash, bytes)
            index += 8
        }
        var rest: UInt64 = 0
        var position: UInt64 = 0
        while index < text.count, text[index] > 0x20 {
            rest |= UInt64(text[index]) << (8 * position)
            position += 1
            index += 1
        }
        return (mixed(hash, rest), index - start)
    }

    private static func mixed(_ hash: UInt64, _ bytes: UInt64) -> UInt64 {
        let product = (hash ^ bytes) &* 0x9FB2_1C65_1E98_DF25
        return product ^ (product >> 32)
    }
}
