import Kernels
import WorkUnits

// The parts of a forward pass that treat tokens one by one.

extension Arithmetic {
    /// `x = wte[id] + wpe[position]`, one row.
    func embed(_ id: UInt32, at position: Int, _ weights: Parameters, into x: Matrix) {
        add(weights.positions.rows(position..<position + 1), to: weights.tokens.rows(Int(id)..<Int(id) + 1), into: x)
    }

    /// A block's first norm, then queries, keys and values `[n, 3C]`.
    func prepareAttention(
        _ block: Parameters.Block, _ kept: Activations.Block, _ rows: Range<Int>, into qkv: Matrix
    ) {
        let normal = kept.normal1.rows(rows)
        layerNorm(
            kept.input.rows(rows), gain: block.norm1.gain, bias: block.norm1.bias, into: normal,
            keeping: kept.statistics1.rows(rows))
        linear(normal, block.qkv, into: qkv)
    }

    /// Attention's projection, second norm and perceptron, each added to the residual stream.
    func finishBlock(_ block: Parameters.Block, _ kept: Activations.Block, _ rows: Range<Int>, into output: Matrix) {
        let (middle, normal, up, active) = (
            kept.middle.rows(rows), kept.normal2.rows(rows), kept.up.rows(rows), kept.active.rows(rows)
        )
        linear(kept.attended.rows(rows), block.projection, addedTo: kept.input.rows(rows), into: middle)
        layerNorm(
            middle, gain: block.norm2.gain, bias: block.norm2.bias, into: normal, keeping: kept.statistics2.rows(rows))
        linear(normal, block.up, into: up)
        gelu(up, into: active)
        linear(active, block.down, addedTo: middle, into: output)
    }

    /// `y = x · W + b`.
    private func linear(_ x: Matrix, _ layer: Parameters.Linear, into y: Matrix) {
        `repeat`(layer.bias, into: y)
        multiply(x.asIs, layer.weight.asIs, into: y, adding: true)
    }

    /// `y = skip + x · W + b`.
    private func linear(_ x: Matrix, _ layer: Parameters.Linear, addedTo skip: Matrix, into y: Matrix) {
        add(layer.bias, to: skip, into: y)
        multiply(x.asIs, layer.weight.asIs, into: y, adding: true)
    }
}

extension Activations.Block {
    func statistics(ofHead head: Int, _ rows: Range<Int>) -> AttentionHead.Statistics {
        AttentionHead.Statistics(
            maximum: maximum.rows(head..<head + 1).columns(rows), inverse: inverse.rows(head..<head + 1).columns(rows))
    }
}

extension ModelConfiguration {
    /// Channels of one attention head.
    var headWidth: Int { width / heads }
}
