/// Angles in half turns, so that the reduction to a short interval is exact.
package enum HalfTurns {
    /// cos(π · angle) for 0 ≤ angle ≤ 1, within 2⁻⁵¹ of it.
    ///
    /// Additions and products of IEEE doubles only, none of them fused: the same bits on every platform, which C libraries
    /// do not promise. Differences from ½ and 1 are exact where they are taken (Sterbenz), and at most a quarter turn's half
    /// goes into a Taylor series.
    package static func cosine(_ angle: Double) -> Double {
        precondition(angle >= 0 && angle <= 1, "an angle of \(angle) half turns")
        if angle > 0.5 { return -cosine(1 - angle) }
        return angle <= 0.25 ? shortCosine(.pi * angle) : shortSine(.pi * (0.5 - angle))
    }

    // The first term left out is below 2⁻⁶⁰ for |x| ≤ π/4. Horner's scheme, from the smallest term.

    private static func shortCosine(_ x: Double) -> Double {
        let square = x * x
        var sum = 1.0
        for n in stride(from: 16.0, through: 2, by: -2) { sum = 1 - square / (n * (n - 1)) * sum }
        return sum
    }

    private static func shortSine(_ x: Double) -> Double {
        let square = x * x
        var sum = 1.0
        for n in stride(from: 17.0, through: 3, by: -2) { sum = 1 - square / (n * (n - 1)) * sum }
        return x * sum
    }
}
