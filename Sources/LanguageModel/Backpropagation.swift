import Kernels
import WorkUnits

/// The backward pass of a `GPT`: the gradients of all parameters, and the memory it needs beside the activations.
public final class Backpropagation {
    public let gradients: Parameters
    private let gpt: GPT
    /// Gradients of the residual stream behind a block and before it, which change places from block to block: `[M, C]`.
    private var behind, before: Matrix
    /// Of the residual stream between attention and perceptron, and of attention's output: `[M, C]`.
    private let middle, attended: Matrix
    /// `[M, 3C]`.
    private let qkv: Matrix
    /// `[M, 4C]`.
    private let up: Matrix
    /// Each slice's share of a block's biases and norms.
    private let shares: [Parameters.Vectors]
    private let buffer: FloatBuffer
    private let shareBuffer: FloatBuffer

    /// - Parameter gpt: one that keeps its activations.
    public init(_ gpt: GPT) {
        let (width, tokens) = (gpt.model.width, gpt.capacity)
        self.gpt = gpt
        gradients = Parameters(gpt.model)
        let buffer = FloatBuffer(count: 11 * width * tokens)
        var end = 0
        func next(_ columns: Int) -> Matrix {
            defer { end += tokens * columns }
            return buffer.matrix(at: end, rows: tokens, columns: columns)
        }
        (behind, before, middle, attended) = (next(width), next(width), next(width), next(width))
        (qkv, up) = (next(3 * width), next(4 * width))
        self.buffer = buffer
        let slices = (tokens + GPT.sliceRows - 1) / GPT.sliceRows
        let shareBuffer = FloatBuffer(count: slices * Parameters.Vectors.count(width: width))
        shares = (0..<slices).map { Parameters.Vectors($0, width: width, in: shareBuffer) }
        self.shareBuffer = shareBuffer
    }

    /// Gradients of `scale · Σ cross-entropy` over the micro-batch of the last forward pass.
    ///
    /// `targets` are the tokens that follow. `adding` to the gradients of the micro-batches before; else replaces them.
    /// Gives back the sum of the cross-entropies, in nats.
    public func backward(_ targets: [UInt32], scale: Float, adding: Bool) -> Double {
        let batch = gpt.batch
        precondition(targets.count == batch.tokens.count, "\(targets.count) targets for \(batch.tokens.count) tokens")
        head(targets, scale: scale, adding: adding)
        for layer in (0..<gpt.model.layers).reversed() {
            gpt.team.run(slices: batch.slices) { slice, worker in
                perceptron(layer, batch.rows(ofSlice: slice), shares[slice], gpt.scratch[worker])
            }
            gpt.team.run(slices: batch.sequences * gpt.model.heads) { slice, worker in
                let rows = batch.rows(ofSequence: slice / gpt.model.heads)
                attention(layer, rows, head: slice % gpt.model.heads, gpt.scratch[worker])
            }
            let tiles = weightProducts(layer).flatMap(\.tiles)
            // The large slices first, so that the small ones fill the gap at the end.
            gpt.team.run(slices: tiles.count + batch.slices) { slice, worker in
                if slice < tiles.count {
                    tiles[slice].compute(gpt.arithmetic, adding: adding)
                } else {
                    let slice = slice - tiles.count
                    attentionInput(layer, batch.rows(ofSlice: slice), shares[slice], gpt.scratch[worker])
                }
            }
            for (index, total) in gradients.blocks[layer].vectors.all.enumerated() {
                collect(total, adding: adding) { $0.all[index] }
            }
            swap(&behind, &before)
        }
        embeddings(adding: adding)
        return gpt.lossSum()
    }

    /// The sum of the slices' shares, in their order.
    private func collect(_ total: Matrix, adding: Bool, _ share: (Parameters.Vectors) -> Matrix) {
        if !adding { total.fill(0) }
        for slice in 0..<gpt.batch.slices { gpt.arithmetic.accumulate(share(shares[slice]), into: total) }
    }
}

// MARK: From the loss to the embeddings

extension Backpropagation {
    /// Logits, loss and their gradient some tokens at a time, then the final norm: fills `behind`.
    private func head(_ targets: [UInt32], scale: Float, adding: Bool) {
        let (batch, kept, weights) = (gpt.batch, gpt.activations, gpt.weights)
        for chunk in gpt.headChunks {
            gpt.team.run(slices: chunk.count) { slice, worker in
                let (rows, logits) = gpt.computeLogits(chunk, slice)
                gpt.arithmetic.crossEntropyGradient(
                    logits, targets: targets[rows], scale: scale, into: kept.losses.columns(rows))
                let normal = gpt.scratch[worker].matrix(rows: rows.count, columns: gpt.model.width)
                gpt.arithmetic.multiply(logits.asIs, weights.tokens.asIs, into: normal)
                let (share, dx) = (shares[chunk.lowerBound + slice].norm1, behind.rows(rows))
                for matrix in [share.gain, share.bias, dx] { matrix.fill(0) }
                gpt.arithmetic.layerNormBackward(
                    normal, at: kept.last.rows(rows), gain: weights.finalNorm.gain,
                    statistics: kept.finalStatistics.rows(rows), skip: dx, into: dx, gainGradient: share.gain,
                    biasGradient: share.bias)
            }
            let rows =
                batch.rows(ofSlice: chunk.lowerBound).lowerBound..<batch.rows(ofSlice: chunk.upperBound - 1).upperBound
            let tiles = WeightProduct(
                input: gpt.logits.rows(0..<rows.count), output: kept.final.rows(rows), gradient: gradients.tokens
            ).tiles
            gpt.team.run(slices: tiles.count) { slice, _ in
                tiles[slice].compute(gpt.arithmetic, adding: adding || chunk.lowerBound > 0)
            }
        }
        collect(gradients.finalNorm.gain, adding: adding) { $0.norm1.gain }
        collect(gradients.finalNorm.bias, adding: adding) { $0.norm1.bias }
    }

    /// From `behind` to `middle` and `attended`.
    private func perceptron(_ layer: Int, _ rows: Range<Int>, _ share: Parameters.Vectors, _ scratch: FloatBuffer) {
        let (block, kept, arithmetic) = (gpt.weights.blocks[layer], gpt.activations.blocks[layer], gpt.arithmetic)
        let (behind, middle, up) = (behind.rows(rows), middle.rows(rows), up.rows(rows))
        for vector in share.all { vector.fill(0) }
        arithmetic.addColumnSums(of: behind, to: share.down)
        arithmetic.multiply(behind.asIs, block.down.weight.transposed, into: up)
        arithmetic.geluBackward(up, at: kept.up.rows(rows))
        arithmetic.addColumnSums(of: up, to: share.up)
        let normal = scratch.matrix(rows: rows.count, columns: gpt.model.width)
        arithmetic.multiply(up.asIs, block.up.weight.transposed, into: normal)
        arithmetic.layerNormBackward(
            normal, at: kept.middle.rows(rows), gain: block.norm2.gain, statistics: kept.statistics2.rows(rows),
            skip: behind, into: middle, gainGradient: share.norm2.gain, biasGradient: share.norm2.bias)
        arithmetic.addColumnSums(of: middle, to: share.projection)
        arithmetic.multiply(middle.asIs, block.projection.weight.transposed, into: attended.rows(rows))
    }

    /// From `attended` to `qkv`.
    private func attention(_ layer: Int, _ rows: Range<Int>, head: Int, _ scratch: FloatBuffer) {
        let (kept, columns) = (gpt.activations.blocks[layer], gpt.columns(ofHead: head))
        gpt.arithmetic.attentionBackward(
            attended.rows(rows).columns(columns), at: AttentionHead(head, of: gpt.model.heads, in: kept.qkv.rows(rows)),
            output: kept.attended.rows(rows).columns(columns), statistics: kept.statistics(ofHead: head, rows),
            into: AttentionHead(head, of: gpt.model.heads, in: qkv.rows(rows)), scratch: scratch)
    }

    /// From `qkv` and `middle` to `before`.
    private func attentionInput(_ layer: Int, _ rows: Range<Int>, _ share: Parameters.Vectors, _ scratch: FloatBuffer) {
        let (block, kept, arithmetic) = (gpt.weights.blocks[layer], gpt.activations.blocks[layer], gpt.arithmetic)
        let (qkv, normal) = (qkv.rows(rows), scratch.matrix(rows: rows.count, columns: gpt.model.width))
        arithmetic.addColumnSums(of: qkv, to: share.qkv)
        arithmetic.multiply(qkv.asIs, block.qkv.weight.transposed, into: normal)
        arithmetic.layerNormBackward(
            normal, at: kept.input.rows(rows), gain: block.norm1.gain, statistics: kept.statistics1.rows(rows),
            skip: middle.rows(rows), into: before.rows(rows), gainGradient: share.norm1.gain,
            biasGradient: share.norm1.bias)
    }

    /// The products of a block that make gradients of weights: none reads `before`.
    private func weightProducts(_ layer: Int) -> [WeightProduct] {
        let (kept, gradient, all) = (gpt.activations.blocks[layer], gradients.blocks[layer], 0..<gpt.batch.tokens.count)
        return [
            WeightProduct(input: kept.active.rows(all), output: behind.rows(all), gradient: gradient.down.weight),
            WeightProduct(input: kept.normal2.rows(all), output: up.rows(all), gradient: gradient.up.weight),
            WeightProduct(
                input: kept.attended.rows(all), output: middle.rows(all), gradient: gradient.projection.weight),
            WeightProduct(input: kept.normal1.rows(all), output: qkv.rows(all), gradient: gradient.qkv.weight),
        ]
    }

    /// Adds the gradient of the residual stream to the embeddings' rows, in the order of the tokens, sliced by columns.
    private func embeddings(adding: Bool) {
        let (batch, width, sliceColumns) = (gpt.batch, gpt.model.width, 64)
        gpt.team.run(slices: (width + sliceColumns - 1) / sliceColumns) { slice, _ in
            let columns = slice * sliceColumns..<min((slice + 1) * sliceColumns, width)
            let stream = behind.columns(columns)
            let (tokens, positions) = (gradients.tokens.columns(columns), gradients.positions.columns(columns))
            if !adding { positions.fill(0) }
            for (row, id) in batch.tokens.enumerated() {
                let (position, id) = (row % batch.length, Int(id))
                gpt.arithmetic.accumulate(stream.rows(row..<row + 1), into: tokens.rows(id..<id + 1))
                gpt.arithmetic.accumulate(stream.rows(row..<row + 1), into: positions.rows(position..<position + 1))
            }
        }
    }
}

/// `gradient = inputᵀ · output` over all tokens: `[M, in]`, the gradient of a layer's output `[M, out]`, `[in, out]`.
private struct WeightProduct {
    let input, output, gradient: Matrix

    /// Cut into parts of the gradient, each over all tokens: so no sum crosses slices.
    var tiles: [WeightProduct] {
        let (tileRows, tileColumns) = (128, 256)
        return stride(from: 0, to: gradient.rows, by: tileRows).flatMap { row in
            stride(from: 0, to: gradient.columns, by: tileColumns).map { column in
                let rows = row..<min(row + tileRows, gradient.rows)
                let columns = column..<min(column + tileColumns, gradient.columns)
                return WeightProduct(
                    input: input.columns(rows), output: output.columns(columns),
                    gradient: gradient.rows(rows).columns(columns))
            }
        }
    }

    func compute(_ arithmetic: Arithmetic, adding: Bool) {
        arithmetic.multiply(input.transposed, output.asIs, into: gradient, adding: adding)
    }
}
