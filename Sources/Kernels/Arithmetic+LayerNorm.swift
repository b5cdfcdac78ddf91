import CKernels

extension Arithmetic {
    /// What a layer norm keeps for its backward pass: `mean` and `scale` (1 / standard deviation) of each row, `[1, n]`.
    public struct NormStatistics: Sendable {
        public var mean: Matrix
        public var scale: Matrix

        public init(mean: Matrix, scale: Matrix) {
            self.mean = mean
            self.scale = scale
        }

        public func rows(_ range: Range<Int>) -> NormStatistics {
            NormStatistics(mean: mean.columns(range), scale: scale.columns(range))
        }
    }

    /// `y = (x - mean) · scale · gain + bias` (Ba et al., 2016), epsilon 1e-5: `[n, C]`; gain and bias `[1, C]`.
    public func layerNorm(_ x: Matrix, gain: Matrix, bias: Matrix, into y: Matrix, keeping statistics: NormStatistics) {
        require(x, is: (y.rows, y.columns), contiguous: true)
        require(y, is: (y.rows, y.columns), contiguous: true)
        require(gain, is: (1, x.columns))
        require(bias, is: (1, x.columns))
        require(statistics.mean, is: (1, x.rows))
        require(statistics.scale, is: (1, x.rows))
        loops.layer_norm(
            x.rows, x.columns, x.base, gain.base, bias.base, y.base, statistics.mean.base, statistics.scale.base)
    }

    /// The same `y`, from the statistics that were kept.
    public func normalize(_ x: Matrix, gain: Matrix, bias: Matrix, statistics: NormStatistics, into y: Matrix) {
        for matrix in [x, y] { require(matrix, is: (y.rows, y.columns), contiguous: true) }
        for row in [gain, bias] { require(row, is: (1, x.columns)) }
        for row in [statistics.mean, statistics.scale] { require(row, is: (1, x.rows)) }
        loops.normalize(
            x.rows, x.columns, x.base, gain.base, bias.base, statistics.mean.base, statistics.scale.base, y.base)
    }

    /// `dx = skip + ∂`, where `∂` comes through the norm from `dy`, and `skip` around it: all `[n, C]`; `dx` may be `skip`.
    ///
    /// Adds to `gainGradient` and `biasGradient` `[1, C]`, in the order of the rows.
    public func layerNormBackward(
        _ dy: Matrix, at x: Matrix, gain: Matrix, statistics: NormStatistics, skip: Matrix, into dx: Matrix,
        gainGradient: Matrix, biasGradient: Matrix
    ) {
        for matrix in [dy, x, skip, dx] { require(matrix, is: (x.rows, x.columns), contiguous: true) }
        for row in [gain, gainGradient, biasGradient] { require(row, is: (1, x.columns)) }
        require(statistics.mean, is: (1, x.rows))
        require(statistics.scale, is: (1, x.rows))
        loops.layer_norm_backward(
            x.rows, x.columns, dy.base, x.base, gain.base, statistics.mean.base, statistics.scale.base, skip.base,
            dx.base,
            gainGradient.base, biasGradient.base)
    }
}
