/// The checksum at the end of a chunk of tokens: finds what disks and memories damage, by chance alone.
///
/// Source: RFC 1950, section 8.2 and appendix.
enum Adler32 {
    private static let modulus: UInt32 = 65_521
    /// So many bytes do not overflow the sums.
    private static let block = 5552

    static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var (low, high): (UInt32, UInt32) = (1, 0)
        bytes.withUnsafeBufferPointer { bytes in
            for start in stride(from: 0, to: bytes.count, by: block) {
                for byte in bytes[start..<min(start + block, bytes.count)] {
                    low &+= UInt32(byte)
                    high &+= low
                }
                low %= modulus
                high %= modulus
            }
        }
        return high << 16 | low
    }
}
