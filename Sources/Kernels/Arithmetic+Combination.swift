extension Arithmetic {
    /// `z = α x + β y`, element by element, all of one shape.
    ///
    /// `z` may be `x` or `y`. Two products and a sum, none fused: the same bits on every instruction set.
    public func combine(_ alpha: Float, _ x: Matrix, _ beta: Float, _ y: Matrix, into z: Matrix) {
        require(x, is: (z.rows, z.columns))
        require(y, is: (z.rows, z.columns))
        for row in 0..<z.rows {
            // SAFETY: the three shapes agree, and each window lies in its buffer.
            let (from, other, to) = (x.base + row * x.stride, y.base + row * y.stride, z.base + row * z.stride)
            for column in 0..<z.columns { to[column] = alpha * from[column] + beta * other[column] }
        }
    }
}
