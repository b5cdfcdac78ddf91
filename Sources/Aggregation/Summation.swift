/// Sums in double precision whose order is fixed: the same bits on every machine.
enum Summation {
    /// Σ aᵢbᵢ: eight lanes by index modulo 8 are folded to four, which take up what is left and are added crosswise.
    static func dot(_ a: UnsafeBufferPointer<Float>, _ b: UnsafeBufferPointer<Float>) -> Double {
        precondition(a.count == b.count, "vectors of one length")
        var low = SIMD4<Double>.zero
        var high = SIMD4<Double>.zero
        let whole = a.count & ~7
        var index = 0
        // SAFETY: index + 7 < whole ≤ a.count = b.count.
        while index < whole {
            low += SIMD4(a, at: index) * SIMD4(b, at: index)
            high += SIMD4(a, at: index + 4) * SIMD4(b, at: index + 4)
            index += 8
        }
        var lanes = low + high
        while index < a.count {
            lanes[index & 3] += Double(a[index]) * Double(b[index])
            index += 1
        }
        return (lanes[0] + lanes[2]) + (lanes[1] + lanes[3])
    }

    /// sums += Σⱼ factors[j] · columns[j] in a range, each product added in the order of j.
    ///
    /// - Parameter columns: 1 to 4, as long as the sums. Four go through memory together, which does not change the order.
    static func add(_ columns: [[Float]], times factors: [Double], to sums: inout [Double], in range: Range<Int>) {
        precondition(
            columns.count == factors.count && columns.allSatisfy { $0.count == sums.count }
                && range.upperBound <= sums.count, "columns as long as the sums, and a factor for each")
        sums.withUnsafeMutableBufferPointer { sums in
            // SAFETY: range lies inside the sums, which have the columns' length.
            guard columns.count == 4 else {
                for (column, factor) in zip(columns, factors) {
                    column.withUnsafeBufferPointer { column in
                        for index in range { sums[index] += factor * Double(column[index]) }
                    }
                }
                return
            }
            let (p, q, r, s) = (factors[0], factors[1], factors[2], factors[3])
            columns[0].withUnsafeBufferPointer { a in
                columns[1].withUnsafeBufferPointer { b in
                    columns[2].withUnsafeBufferPointer { c in
                        columns[3].withUnsafeBufferPointer { d in
                            for index in range {
                                var sum = sums[index] + p * Double(a[index])
                                sum += q * Double(b[index])
                                sum += r * Double(c[index])
                                sums[index] = sum + s * Double(d[index])
                            }
                        }
                    }
                }
            }
        }
    }
}

extension SIMD4<Double> {
    /// Four numbers from `index` on.
    @inline(__always)
    fileprivate init(_ values: UnsafeBufferPointer<Float>, at index: Int) {
        self.init(
            Double(values[index]), Double(values[index + 1]), Double(values[index + 2]), Double(values[index + 3]))
    }
}
