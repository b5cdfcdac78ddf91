import TestSupport

/// Token ids as texts and hostile hands have them.
enum TokenDistribution: CaseIterable {
    case uniform
    /// The id of rank r about as often as 1 / r, like words: uniform below a power of two that is itself uniform.
    case zipf
    /// Each id half as often as the one before: the longest codes.
    case halving
    /// Equally far apart: the most that a list of ids can take.
    case spread
    /// The greatest id alone.
    case single

    func tokens(_ count: Int, below vocabulary: Int, using random: inout SplitMix64) -> [UInt32] {
        let end = UInt32(vocabulary)
        return (0..<count).map { index in
            switch self {
            case .uniform: UInt32.random(in: 0..<end, using: &random)
            case .zipf: UInt32.random(in: 0..<end >> Int.random(in: 0...end.log2, using: &random), using: &random)
            case .halving: min(UInt32(random.next().trailingZeroBitCount), end - 1)
            case .spread: UInt32(index * (vocabulary / count)) % end
            case .single: end - 1
            }
        }
    }
}

extension UInt32 {
    /// Of the greatest power of two that is not greater.
    fileprivate var log2: Int { bitWidth - 1 - leadingZeroBitCount }
}
