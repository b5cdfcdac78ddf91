/// Tells bytes that were torn or damaged from those that were written.
///
/// Fletcher's sums (1982) in eight lanes of 64 bits: a word of a lane is added to the first sum, the first sum to the second.
/// A word that is changed or lost, or two that are exchanged, change them. Faster than memory, and no protection against
/// forgery, for which there is `Digest`.
struct Checksum: Hashable, Sendable {
    private let sums: SIMD8<UInt64>
    private let sumsOfSums: SIMD8<UInt64>
    private let count: Int

    init(of bytes: [UInt8]) {
        (sums, sumsOfSums) = bytes.withUnsafeBytes { bytes in
            var sums = SIMD8<UInt64>.zero
            var sumsOfSums = SIMD8<UInt64>.zero
            let whole = bytes.count & ~63
            // SAFETY: 64 bytes lie at every multiple of 64 below `whole`.
            for offset in stride(from: 0, to: whole, by: 64) {
                sums &+= bytes.loadUnaligned(fromByteOffset: offset, as: SIMD8<UInt64>.self)
                sumsOfSums &+= sums
            }
            var rest = SIMD8<UInt64>.zero
            withUnsafeMutableBytes(of: &rest) { $0.copyBytes(from: bytes[whole...]) }
            sums &+= rest
            return (sums, sumsOfSums &+ sums)
        }
        count = bytes.count
    }
}
