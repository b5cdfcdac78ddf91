/// Functions that C libraries compute differently: here of IEEE additions, products and quotients alone, so that a
/// simulation is the same on every machine.
package enum Portable {
    private static let ln2 = 0x1.62e42fefa39efp-1
    /// What `ln2` lacks.
    private static let ln2Rest = 0x1.abc9e3b39803fp-56

    /// eˣ for |x| ≤ 700, within a few units in the last place.
    package static func exp(_ x: Double) -> Double {
        precondition(x.magnitude <= 700, "e to the power of \(x)")
        let powers = (x / ln2).rounded()
        let rest = (x - powers * ln2) - powers * ln2Rest
        // |rest| ≤ ln 2 / 2: the first term left out is below 2⁻⁶⁰. Horner's scheme.
        var sum = 1.0
        for n in stride(from: 15.0, through: 1, by: -1) { sum = 1 + rest / n * sum }
        return Double(sign: .plus, exponent: Int(powers), significand: sum)
    }

    /// The natural logarithm of a normal number above 0, within a few units in the last place.
    package static func log(_ x: Double) -> Double {
        precondition(x.isNormal && x > 0, "the logarithm of \(x)")
        var (exponent, part) = (Double(x.exponent), x.significand)
        if part > 1.4142135623730951 {
            part /= 2
            exponent += 1
        }
        // ln m = 2 artanh s with s = (m − 1) / (m + 1), |s| ≤ 0.172.
        let s = (part - 1) / (part + 1)
        var sum = 0.0
        for n in stride(from: 23.0, through: 1, by: -2) { sum = sum * s * s + 1 / n }
        return exponent * ln2 + (2 * s * sum + exponent * ln2Rest)
    }
}
