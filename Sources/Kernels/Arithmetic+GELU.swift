import CKernels

extension Arithmetic {
    /// `y = GELU(x)` in its tanh form (Hendrycks and Gimpel, 2016, section 2), both `[n, C]`.
    ///
    /// `y` may be `x`.
    public func gelu(_ x: Matrix, into y: Matrix) {
        require(x, is: (y.rows, y.columns), contiguous: true)
        require(y, is: (y.rows, y.columns), contiguous: true)
        loops.gelu(x.rows * x.columns, x.base, y.base)
    }

    /// `dy` becomes `dy · GELU'(x)`, and `y` becomes `GELU(x)` again: all `[n, C]`.
    public func geluBackward(_ dy: Matrix, at x: Matrix, recomputing y: Matrix) {
        for matrix in [x, y, dy] { require(matrix, is: (dy.rows, dy.columns), contiguous: true) }
        loops.gelu_backward(x.rows * x.columns, x.base, y.base, dy.base)
    }
}
