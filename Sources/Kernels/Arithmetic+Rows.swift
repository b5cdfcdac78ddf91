import CKernels

extension Arithmetic {
    /// Every row of `y` becomes `row` `[1, C]`: a bias, before a product is added.
    public func `repeat`(_ row: Matrix, into y: Matrix) {
        require(row, is: (1, y.columns))
        require(y, is: (y.rows, y.columns), contiguous: true)
        loops.repeat_row(y.rows, y.columns, row.base, y.base)
    }

    /// `y = x + row` for every row of `x` `[n, C]`.
    ///
    /// `y` may be `x`.
    public func add(_ row: Matrix, to x: Matrix, into y: Matrix) {
        require(row, is: (1, x.columns))
        require(x, is: (y.rows, y.columns), contiguous: true)
        require(y, is: (y.rows, y.columns), contiguous: true)
        loops.add_row(x.rows, x.columns, x.base, row.base, y.base)
    }

    /// `y += x`, both `[n, C]`.
    public func accumulate(_ x: Matrix, into y: Matrix) {
        require(x, is: (y.rows, y.columns))
        for row in 0..<y.rows { loops.accumulate(y.columns, x.base + row * x.stride, y.base + row * y.stride) }
    }

    /// `sums += Σ rows of x`: `[n, C]` into `[1, C]`, in the order of the rows: the gradient of a bias.
    public func addColumnSums(of x: Matrix, to sums: Matrix) {
        require(sums, is: (1, x.columns))
        require(x, is: (x.rows, x.columns), contiguous: true)
        loops.add_column_sums(x.rows, x.columns, x.base, sums.base)
    }

    /// The sum of the squares of one row.
    public func sumOfSquares(_ x: Matrix) -> Double {
        require(x, is: (1, x.columns))
        return loops.sum_of_squares(x.columns, x.base)
    }

    /// `exp(x)` of each.
    ///
    /// Relative error under 2e-7 between -87 and 88, where it saturates; NaN stays NaN.
    public func exponentials(of x: [Float]) -> [Float] {
        [Float](unsafeUninitializedCapacity: x.count) { y, count in
            x.withUnsafeBufferPointer { x in
                guard let from = x.baseAddress, let to = y.baseAddress else { return }
                loops.exponential(x.count, from, to)
            }
            count = x.count
        }
    }
}
