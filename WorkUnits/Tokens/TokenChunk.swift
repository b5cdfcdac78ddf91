/// Token ids as a chunk of an archive stores them: in a prefix code of their own, in four streams of bits that a processor
/// decodes side by side, with a checksum.
///
/// The same ids have the same bytes everywhere. FORMAT.md specifies them.
enum TokenChunk {
    /// The most tokens of one chunk.
    static let maximumTokens = 1 << 18
    /// A chunk's `raw` size counts every id as a 32-bit number, whatever the vocabulary.
    static let rawBytesPerToken = 4
    static let streams = 4
    static let checksumBytes = 4
    /// Bits of a stream's size in bytes: more than a stream of the longest codes has.
    static let sizeBits = 18

    /// - Parameter tokens: 1 ... `maximumTokens` ids below 2^27.
    static func encode(_ tokens: ArraySlice<UInt32>) -> [UInt8] {
        var counts = [Int](repeating: 0, count: Int(tokens.max() ?? 0) + 1)
        for token in tokens { counts[Int(token)] += 1 }
        let code = PrefixCode(counts: counts)
        let codes = code.codes()
        let parts = (0..<streams).map { stream in
            var bits = BitWriter()
            for position in stride(from: tokens.startIndex + stream, to: tokens.endIndex, by: streams) {
                let cell = codes[Int(tokens[position])]
                bits.append(cell.value, cell.length)
            }
            bits.align()
            return bits.bytes
        }
        var head = BitWriter()
        code.write(to: &head)
        for part in parts.dropLast() { head.append(UInt32(part.count), sizeBits) }
        head.align()
        let bytes = parts.reduce(into: head.bytes) { $0 += $1 }
        return bytes + bigEndian(Adler32.checksum(bytes[...]))
    }

    static func bigEndian(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
}
