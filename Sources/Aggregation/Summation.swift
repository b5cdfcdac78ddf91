/// Sums in double precision whose order is fixed: the same bits on every machine.
enum Summation {
    /// Σ aᵢbᵢ
    static func dot(_ a: UnsafeBufferPointer<Float>, _ b: UnsafeBufferPointer<Float>) -> Double {
        precondition(a.count == b.count, "vectors of one length")
        return sum(a.count) { Double(a[$0]) * Double(b[$0]) }
    }

    /// Σ aᵢbᵢ
    static func dot(_ a: [Double], _ b: [Double]) -> Double {
        precondition(a.count == b.count, "vectors of one length")
        return a.withUnsafeBufferPointer { a in b.withUnsafeBufferPointer { b in sum(a.count) { a[$0] * b[$0] } } }
    }

    /// Eight lanes by index modulo 8 are folded to four, which take up what is left and are added crosswise.
    @inline(__always)
    private static func sum(_ count: Int, _ term: (Int) -> Double) -> Double {
        var low = SIMD4<Double>.zero
        var high = SIMD4<Double>.zero
        let whole = count & ~7
        var index = 0
        while index < whole {
            low += SIMD4(term(index), term(index + 1), term(index + 2), term(index + 3))
            high += SIMD4(term(index + 4), term(index + 5), term(index + 6), term(index + 7))
            index += 8
        }
        var lanes = low + high
        while index < count {
            lanes[index & 3] += term(index)
            index += 1
        }
        return (lanes[0] + lanes[2]) + (lanes[1] + lanes[3])
    }
}
