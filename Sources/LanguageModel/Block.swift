import Kernels
import WorkUnits

// The parts of a forward pass that treat tokens one by one. `stream` is the residual stream of the rows.

extension Arithmetic {
    /// `x = wte[id] + wpe[position]`, one row.
    func embed(_ id: UInt32, at position: Int, _ weights: Parameters, into x: Matrix) {
        add(weights.positions.rows(position..<position + 1), to: weights.tokens.rows(Int(id)..<Int(id) + 1), into: x)
    }

    /// A block's first norm, then queries, keys and values `[n, 3C]`.
    func prepareAttention(
        _ block: Parameters.Block, _ factors: BlockFactors, _ stream: Matrix, keeping statistics: NormStatistics,
        into qkv: Matrix, _ scratch: Scratch
    ) {
        var scratch = scratch
        let normal = scratch.next(stream.rows, stream.columns)
        layerNorm(stream, gain: block.norm1.gain, bias: block.norm1.bias, into: normal, keeping: statistics)
        linear(normal, factors.qkv, block.qkv.bias, into: qkv)
    }

    /// Attention's projection is added to the stream: `middle`; then the second norm and the perceptron's first half.
    func preparePerceptron(
        _ block: Parameters.Block, _ factors: BlockFactors, attended: Matrix, _ stream: Matrix,
        keeping statistics: NormStatistics, into middle: Matrix, up: Matrix, _ scratch: Scratch
    ) {
        var scratch = scratch
        let normal = scratch.next(stream.rows, stream.columns)
        add(block.projection.bias, to: stream, into: middle)
        multiply(attended.asIs, factors.projection, into: middle, adding: true)
        layerNorm(middle, gain: block.norm2.gain, bias: block.norm2.bias, into: normal, keeping: statistics)
        linear(normal, factors.up, block.up.bias, into: up)
    }

    /// The perceptron's second half is added to `middle`: the stream behind the block.
    func finishPerceptron(
        _ block: Parameters.Block, _ factors: BlockFactors, middle: Matrix, up: Matrix, into stream: Matrix,
        _ scratch: Scratch
    ) {
        var scratch = scratch
        let active = scratch.next(up.rows, up.columns)
        gelu(up, into: active)
        add(block.down.bias, to: middle, into: stream)
        multiply(active.asIs, factors.down, into: stream, adding: true)
    }

    /// `y = x · W + b`.
    private func linear(_ x: Matrix, _ weight: PackedFactor, _ bias: Matrix, into y: Matrix) {
        `repeat`(bias, into: y)
        multiply(x.asIs, weight, into: y, adding: true)
    }
}

extension ModelConfiguration {
    /// Channels of one attention head.
    var headWidth: Int { width / heads }

    /// A head's channels among the model's.
    func channels(ofHead head: Int) -> Range<Int> { head * headWidth..<(head + 1) * headWidth }
}
