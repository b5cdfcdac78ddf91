import TestSupport

/// Numbers on which arithmetic goes wrong when it is not exactly what its specification says.
enum HardNumbers: CaseIterable {
    case ordinary
    /// Below the least normal number.
    case denormal
    /// Whose products are about the least denormal number.
    case tiny
    /// Whose sums pass the greatest number.
    case huge
    case allMagnitudes
    /// Terms that all but cancel the term before: what is left is its rounding error.
    case cancelling
    /// Sums so close to the middle between two numbers that float64 takes them for the middle: who rounds twice errs.
    case ties
    /// The same among denormals, whose last place is another.
    case denormalTies
    case signedZeros
    case notFinite

    /// Factors `[m, k]` and `[k, n]`, and what stands where their product goes, `[m, n]`: row-major.
    func product(_ m: Int, _ k: Int, _ n: Int, _ random: inout SplitMix64) -> (a: [Float], b: [Float], c: [Float]) {
        func draw(_ count: Int, _ value: (inout SplitMix64) -> Float) -> [Float] {
            (0..<count).map { _ in value(&random) }
        }
        switch self {
        case .ordinary:
            return (random.floats(m * k), random.floats(k * n), random.floats(m * n))
        case .denormal:
            return (
                draw(m * k) { $0.finite(exponents: 0...0) }, random.floats(k * n, scale: 4),
                draw(m * n) { $0.finite(exponents: 0...0) }
            )
        case .tiny:
            return (
                draw(m * k) { $0.finite(exponents: 47...53) }, draw(k * n) { $0.finite(exponents: 47...53) },
                draw(m * n) { $0.finite(exponents: 0...0) }
            )
        case .huge:
            return (
                draw(m * k) { $0.finite(exponents: 185...192) }, draw(k * n) { $0.finite(exponents: 185...189) },
                draw(m * n) { $0.finite(exponents: 250...254) }
            )
        case .allMagnitudes:
            return (
                draw(m * k) { $0.finite(exponents: 0...180) }, draw(k * n) { $0.finite(exponents: 0...180) },
                draw(m * n) { $0.finite(exponents: 0...254) }
            )
        case .cancelling:
            var (a, b) = (random.floats(m * k), random.floats(k * n))
            for i in stride(from: 1, to: k, by: 2) {
                for row in 0..<m { a[row * k + i] = -a[row * k + i - 1] }
                for column in 0..<n { b[i * n + column] = b[(i - 1) * n + column] }
            }
            return (a, b, [Float](repeating: 0, count: m * n))
        case .ties, .denormalTies:
            return ties(m, k, n, &random)
        case .signedZeros:
            let values: [Float] = [0, -0.0, 0, -0.0, 1, -1, 0x1p-75, -0x1p-75, 0x1p-149, -0x1p-149]
            func some(_ count: Int) -> [Float] { draw(count) { values.randomElement(using: &$0) ?? 0 } }
            return (some(m * k), some(k * n), some(m * n))
        case .notFinite:
            let values: [Float] = [.infinity, -.infinity, .nan, 3e38, -3e38, 0]
            func some(_ count: Int) -> [Float] {
                draw(count) {
                    Int.random(in: 0..<200, using: &$0) == 0
                        ? values.randomElement(using: &$0) ?? 0 : Float.random(in: -1..<1, using: &$0)
                }
            }
            return (some(m * k), some(k * n), some(m * n))
        }
    }

    /// One term sets an element to a number s, 1 <= |s| < 2, and the next adds ulp(s) / 2 · (1 + d), where |d| is less than
    /// 2^-29: float64 does not see d. All other terms are 0. For `denormalTies` times 2^-127.
    private func ties(
        _ m: Int, _ k: Int, _ n: Int, _ random: inout SplitMix64
    ) -> (a: [Float], b: [Float], c: [Float]) {
        var (a, b) = ([Float](repeating: 0, count: m * k), [Float](repeating: 0, count: k * n))
        guard k > 1 else { return (a, b, random.floats(m * n)) }
        var place = Int.random(in: 0..<k - 1, using: &random)
        // Not across two blocks: there the sum begins anew.
        if (place + 1).isMultiple(of: 256) { place -= 1 }
        let isDenormal = self == .denormalTies
        let left: Float = isDenormal ? 0x1p-60 : 1
        for row in 0..<m {
            a[row * k + place] = left * random.finite(exponents: 127...127)
            let factor: Float = random.next() & 1 == 0 ? 1 + 0x1p-12 : 1 - 0x1p-11
            a[row * k + place + 1] = left * random.sign() * 0x1p-24 * factor
        }
        for column in 0..<n {
            let exponent = isDenormal ? -66 : Int.random(in: -60...60, using: &random)
            let scale = Float(sign: .plus, exponent: exponent, significand: 1)
            b[place * n + column] = isDenormal ? scale / 2 : scale
            // (1 + x)(1 - x + x²) = 1 + x³, and (1 - x)(1 + x + x²) = 1 - x³.
            let isAbove = random.next() & 1 == 0
            b[(place + 1) * n + column] = scale * (isAbove ? 1 - 0x1p-12 + 0x1p-24 : 1 + 0x1p-11 + 0x1p-22)
        }
        return (a, b, random.floats(m * n))
    }
}

extension SplitMix64 {
    /// A number with any sign and significand; exponent 0 stands for zeros and denormals, 254 is the greatest.
    mutating func finite(exponents: ClosedRange<UInt32>) -> Float {
        let bits = next()
        let exponent = UInt32.random(in: exponents, using: &self)
        return Float(bitPattern: UInt32(truncatingIfNeeded: bits) & 0x807F_FFFF | exponent << 23)
    }

    mutating func sign() -> Float { next() & 1 == 0 ? 1 : -1 }
}

extension Sequence<Float> {
    /// Their bits, with one NaN for all: which of them an operation gives is the processor's choice.
    var bits: [UInt32] { map { $0.isNaN ? 0x7FC0_0000 : $0.bitPattern } }
}
