import WorkUnits

/// The random numbers of one part of a simulation: each host has its own, so what one draws moves no other's.
package struct RandomStream: RandomNumberGenerator, Sendable {
    private let random: CounterRandom
    private var drawn: UInt64 = 0

    package init(seed: UInt64, stream: UInt64) {
        random = CounterRandom(seed: seed, stream: stream)
    }

    package mutating func next() -> UInt64 {
        defer { drawn += 1 }
        return random[drawn]
    }

    /// Uniform in [0, 1).
    package mutating func share() -> Double { Double(next() >> 11) * 0x1p-53 }

    package mutating func within(_ range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * share()
    }

    package mutating func below(_ bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }

    package mutating func chance(_ probability: Double) -> Bool { share() < probability }

    /// Standard normal, as the sum of twelve uniform numbers (Irwin and Hall): its tails end at six deviations.
    package mutating func normal() -> Double {
        (0..<12).reduce(-6) { sum, _ in sum + share() }
    }

    package mutating func exponential(mean: Double) -> Double { -mean * Portable.log(1 - share()) }

    /// Gamma distributed with scale 1 (Marsaglia and Tsang, 2000; below a shape of 1 their boost, section 6).
    package mutating func gamma(shape: Double) -> Double {
        guard shape >= 1 else {
            let boost = Portable.log(1 - share()) / shape
            return boost < -700 ? 0 : gamma(shape: shape + 1) * Portable.exp(boost)
        }
        let d = shape - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = normal()
            let root = 1 + c * x
            guard root > 0 else { continue }
            let v = root * root * root
            if Portable.log(1 - share()) < 0.5 * x * x + d - d * v + d * Portable.log(v) { return d * v }
        }
    }

    /// Shares that add up to 1, Dirichlet distributed.
    ///
    /// - Parameter weights: positive. Their sum is how much alike draws are: below 1 one of them has nearly all.
    package mutating func dirichlet(_ weights: [Double]) -> [Double] {
        let parts = weights.map { gamma(shape: $0) }
        let sum = parts.reduce(0, +)
        // All of them can round to nothing when the weights are tiny: then one of them has all.
        guard sum > 0 else {
            let chosen = below(weights.count)
            return weights.indices.map { $0 == chosen ? 1 : 0 }
        }
        return parts.map { $0 / sum }
    }
}

/// e to the power of a normal number, held within bounds.
public struct LogNormal: Hashable, Sendable {
    public var median: Double
    /// The deviation of the logarithm; 0: always the median.
    public var sigma: Double
    public var bounds: ClosedRange<Double>

    /// - Parameter spread: the largest over the smallest value, half of it on either side of the median.
    public init(median: Double, sigma: Double, spread: Double) {
        self.median = median
        self.sigma = sigma
        bounds = median / spread.squareRoot()...median * spread.squareRoot()
    }

    /// Always the same value.
    public static func exactly(_ value: Double) -> Self { Self(median: value, sigma: 0, spread: 1) }

    package func draw(from random: inout RandomStream) -> Double {
        guard sigma > 0 else { return median }
        return min(max(median * Portable.exp(sigma * random.normal()), bounds.lowerBound), bounds.upperBound)
    }
}
