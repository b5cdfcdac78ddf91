import Kernels
import WorkUnits

/// The backward pass of a `GPT`: the gradients of all parameters, and the memory it needs beside the activations.
public final class Backpropagation {
    public let gradients: Parameters
    let gpt: GPT
    /// Gradients of the residual stream behind a block and before it, which change places from block to block: `[M, C]`.
    private var behind, before: Matrix
    private let memory: Working
    private let arena: MatrixArena

    /// - Parameter gpt: one that keeps its activations for this.
    public init(_ gpt: GPT) {
        self.gpt = gpt
        gradients = Parameters(gpt.model)
        (arena, memory) = MatrixArena.allocate {
            Working(
                gpt.model, tokens: gpt.capacity, products: gpt.workers[0].arithmetic.products, gpt.keeping, in: &$0)
        }
        (behind, before) = memory.streams
    }

    /// Gradients of what the forward pass left, for M tokens, and what it did not keep.
    struct Working {
        /// Of the residual stream behind a block and before it: `[M, C]`.
        let streams: (Matrix, Matrix)
        /// Of the residual stream between attention and perceptron, and of attention's output: `[M, C]`.
        let middle, attended: Matrix
        /// `[M, 3C]`.
        let qkv: Matrix
        /// `[M, 4C]`.
        let up: Matrix
        /// Inputs of a block's matrices, computed again: after its norms `[M, C]`, after GELU `[M, 4C]`.
        let normal1, normal2, active: Matrix
        /// What the block attended `[M, C]`, unless it is kept in float32.
        let attendedInput: Matrix?
        /// Each slice's share of a block's biases and norms.
        let shares: [Parameters.Vectors]
        /// For `dy · Wᵀ`; nil when the forward pass's place is free for it.
        let packed: PackedBlock?

        init(
            _ model: ModelConfiguration, tokens: Int, products: Arithmetic.Products, _ keeping: ActivationKeeping,
            in memory: inout MatrixArena.Cursor
        ) {
            let width = model.width
            streams = (memory.next(tokens, width), memory.next(tokens, width))
            middle = memory.next(tokens, width)
            attended = memory.next(tokens, width)
            qkv = memory.next(tokens, 3 * width)
            up = memory.next(tokens, 4 * width)
            normal1 = memory.next(tokens, width)
            normal2 = memory.next(tokens, width)
            active = memory.next(tokens, 4 * width)
            attendedInput = keeping.precision == .bfloat16 ? memory.next(tokens, width) : nil
            shares = (0..<(tokens + products.sliceRows - 1) / products.sliceRows).map { _ in
                Parameters.Vectors(width: width, in: memory.next(1, Parameters.Vectors.count(width: width)))
            }
            packed = keeping.recompute == .none ? nil : PackedBlock(model, products, in: &memory)
        }
    }

    /// Gradients of `scale · Σ cross-entropy` over the micro-batch of the last forward pass.
    ///
    /// `targets` are the tokens that follow. `adding` to the gradients of the micro-batches before; else replaces them.
    /// Gives back the sum of the cross-entropies, in nats.
    public func backward(_ targets: [UInt32], scale: Float, adding: Bool) -> Double {
        let (batch, layers) = (gpt.batch, gpt.model.layers)
        precondition(targets.count == batch.tokens.count, "\(targets.count) targets for \(batch.tokens.count) tokens")
        head(targets, scale: scale, adding: adding)
        let top = factors(layers - 1)
        gpt.run(Packing([top.down, top.up, top.projection]), besides: batch.slices) { slice, worker in
            finalNorm(batch.rows(ofSlice: slice), memory.shares[slice], gpt.workers[worker])
        }
        collect(gradients.finalNorm.gain, adding: adding) { $0.norm1.gain }
        collect(gradients.finalNorm.bias, adding: adding) { $0.norm1.bias }
        for layer in (0..<layers).reversed() {
            // The last block's activations are still there.
            if layer + 1 < layers { computeAgain(layer) }
            gpt.team.run(slices: batch.slices) { slice, worker in
                perceptron(layer, batch.rows(ofSlice: slice), memory.shares[slice], gpt.workers[worker])
            }
            let below = layer > 0 ? factors(layer - 1) : nil
            let next = below.map { [$0.down, $0.up, $0.projection] } ?? []
            gpt.run(Packing([factors(layer).qkv] + next), besides: gpt.attentionSlices) { slice, worker in
                attention(layer, slice, gpt.workers[worker])
            }
            let products = weightProducts(layer)
            let tiles = products.reduce(0) { $0 + $1.tiles }
            // The large slices first, so that the small ones fill the gap at the end.
            gpt.team.run(slices: tiles + batch.slices) { slice, worker in
                if slice < tiles {
                    products.compute(tile: slice, gpt.workers[worker].arithmetic, adding: adding)
                } else {
                    let slice = slice - tiles
                    attentionInput(layer, batch.rows(ofSlice: slice), memory.shares[slice], gpt.workers[worker])
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

    /// A block's factors for `dy · Wᵀ`.
    private func factors(_ layer: Int) -> BlockFactors {
        (memory.packed ?? gpt.packed).factors(gpt.weights.blocks[layer], transposed: true)
    }

    /// The sum of the slices' shares, in their order.
    private func collect(_ total: Matrix, adding: Bool, _ share: (Parameters.Vectors) -> Matrix) {
        if !adding { total.fill(0) }
        for slice in 0..<gpt.batch.slices {
            gpt.workers[0].arithmetic.accumulate(share(memory.shares[slice]), into: total)
        }
    }

    /// What the forward pass of a block did not keep.
    private func computeAgain(_ layer: Int) {
        let (batch, recompute, own) = (gpt.batch, gpt.keeping.recompute, gpt.factors(layer))
        guard recompute != .none, let stream = gpt.activations.blocks[layer].input.exact else { return }
        gpt.run(Packing(recompute == .block ? [own.qkv, own.projection, own.up] : [own.qkv]))
        gpt.team.run(slices: batch.slices) { slice, worker in
            let rows = batch.rows(ofSlice: slice)
            gpt.prepareAttention(layer, rows, stream.rows(rows), gpt.workers[worker])
        }
        gpt.team.run(slices: gpt.attentionSlices) { slice, worker in gpt.attend(layer, slice, gpt.workers[worker]) }
        guard recompute == .block else { return }
        gpt.team.run(slices: batch.slices) { slice, worker in
            let (rows, worker) = (batch.rows(ofSlice: slice), gpt.workers[worker])
            var scratch = worker.scratch
            gpt.preparePerceptron(layer, rows, stream.rows(rows), worker.arithmetic, &scratch)
        }
    }
}

// MARK: From the loss to the embeddings

extension Backpropagation {
    /// Logits, loss and their gradient some tokens at a time; from them the head's gradients: of its input in `attended`.
    private func head(_ targets: [UInt32], scale: Float, adding: Bool) {
        for rows in gpt.headChunks {
            gpt.computeLogits(rows)
            gpt.team.run(slices: gpt.lossSlices(rows)) { slice, worker in
                let (some, logits) = gpt.lossRows(rows, slice)
                gpt.workers[worker].arithmetic.crossEntropyGradient(
                    logits, targets: targets[some], scale: scale, into: gpt.activations.losses.columns(some))
            }
            let logits = gpt.logits.rows(0..<rows.count)
            let products = [
                TiledProduct(logits.asIs, gpt.weights.tokens.asIs, into: memory.attended.rows(rows), adding: false),
                TiledProduct(
                    logits.transposed, gpt.activations.final.rows(rows).asIs, into: gradients.tokens,
                    adding: adding || rows.lowerBound > 0),
            ]
            gpt.team.run(slices: products.reduce(0) { $0 + $1.tiles }) { slice, worker in
                products.compute(tile: slice, gpt.workers[worker].arithmetic)
            }
        }
    }

    /// From `attended` to `behind`.
    private func finalNorm(_ rows: Range<Int>, _ share: Parameters.Vectors, _ worker: GPT.Worker) {
        let (kept, dx) = (gpt.activations, behind.rows(rows))
        for matrix in [share.norm1.gain, share.norm1.bias, dx] { matrix.fill(0) }
        worker.arithmetic.layerNormBackward(
            memory.attended.rows(rows), at: kept.stream.rows(rows), gain: gpt.weights.finalNorm.gain,
            statistics: kept.finalStatistics.rows(rows), skip: dx, into: dx, gainGradient: share.norm1.gain,
            biasGradient: share.norm1.bias)
    }

    /// From `behind` to `middle` and `attended`; and the inputs of the block's matrices.
    private func perceptron(_ layer: Int, _ rows: Range<Int>, _ share: Parameters.Vectors, _ worker: GPT.Worker) {
        let (block, factors, kept) = (gpt.weights.blocks[layer], factors(layer), gpt.activations.blocks[layer])
        let (arithmetic, all, wide) = (worker.arithmetic, 0..<gpt.model.width, 0..<4 * gpt.model.width)
        let (behind, middle, up) = (self.behind.rows(rows), memory.middle.rows(rows), memory.up.rows(rows))
        var scratch = worker.scratch
        func read(_ matrix: Kept, _ columns: Range<Int>) -> Matrix {
            matrix.read(rows, columns, arithmetic) { scratch.next(rows.count, columns.count) }
        }
        for vector in share.all { vector.fill(0) }
        arithmetic.addColumnSums(of: behind, to: share.down)
        arithmetic.multiply(behind.asIs, factors.down, into: up)
        arithmetic.geluBackward(up, at: read(kept.up, wide), recomputing: memory.active.rows(rows))
        arithmetic.addColumnSums(of: up, to: share.up)
        let middleInput = read(kept.middle, all)
        arithmetic.normalize(
            middleInput, gain: block.norm2.gain, bias: block.norm2.bias, statistics: kept.statistics2.rows(rows),
            into: memory.normal2.rows(rows))
        let normal = scratch.next(rows.count, all.count)
        arithmetic.multiply(up.asIs, factors.up, into: normal)
        arithmetic.layerNormBackward(
            normal, at: middleInput, gain: block.norm2.gain, statistics: kept.statistics2.rows(rows),
            skip: behind, into: middle, gainGradient: share.norm2.gain, biasGradient: share.norm2.bias)
        arithmetic.addColumnSums(of: middle, to: share.projection)
        arithmetic.multiply(middle.asIs, factors.projection, into: memory.attended.rows(rows))
        arithmetic.normalize(
            read(kept.input, all), gain: block.norm1.gain, bias: block.norm1.bias,
            statistics: kept.statistics1.rows(rows), into: memory.normal1.rows(rows))
        if let input = memory.attendedInput {
            _ = kept.attended.read(rows, all, arithmetic) { input.rows(rows) }
        }
    }

    /// From `attended` to `qkv`.
    private func attention(_ layer: Int, _ slice: Int, _ worker: GPT.Worker) {
        let (heads, kept) = (gpt.model.heads, gpt.activations.blocks[layer])
        let (rows, head) = (gpt.batch.rows(ofSequence: slice / heads), slice % heads)
        let columns = gpt.model.channels(ofHead: head)
        var scratch = worker.scratch
        let input = gpt.head(head, layer, rows, worker.arithmetic, &scratch)
        let output = kept.attended.read(rows, columns, worker.arithmetic) { scratch.next(rows.count, columns.count) }
        worker.arithmetic.attentionBackward(
            memory.attended.rows(rows).columns(columns), at: input, output: output,
            statistics: kept.statistics(ofHead: head, rows),
            into: AttentionHead(head, of: heads, in: memory.qkv.rows(rows)), scratch: scratch.rest)
    }

    /// From `qkv` and `middle` to `before`.
    private func attentionInput(_ layer: Int, _ rows: Range<Int>, _ share: Parameters.Vectors, _ worker: GPT.Worker) {
        let (block, kept, arithmetic) = (gpt.weights.blocks[layer], gpt.activations.blocks[layer], worker.arithmetic)
        let qkv = memory.qkv.rows(rows)
        var scratch = worker.scratch
        let normal = scratch.next(rows.count, gpt.model.width)
        arithmetic.addColumnSums(of: qkv, to: share.qkv)
        arithmetic.multiply(qkv.asIs, factors(layer).qkv, into: normal)
        let input = kept.input.read(rows, 0..<gpt.model.width, arithmetic) {
            scratch.next(rows.count, gpt.model.width)
        }
        arithmetic.layerNormBackward(
            normal, at: input, gain: block.norm1.gain, statistics: kept.statistics1.rows(rows),
            skip: memory.middle.rows(rows), into: before.rows(rows), gainGradient: share.norm1.gain,
            biasGradient: share.norm1.bias)
    }

    /// The products of a block that make gradients of weights: none reads `before`.
    private func weightProducts(_ layer: Int) -> [TiledProduct] {
        let (gradient, all) = (gradients.blocks[layer], 0..<gpt.batch.tokens.count)
        func product(_ input: Matrix, _ output: Matrix, _ gradient: Matrix) -> TiledProduct {
            TiledProduct(input.rows(all).transposed, output.rows(all).asIs, into: gradient)
        }
        let attended = memory.attendedInput ?? gpt.activations.blocks[layer].attended.exact ?? memory.attended
        return [
            product(memory.active, behind, gradient.down.weight),
            product(memory.normal2, memory.up, gradient.up.weight),
            product(attended, memory.middle, gradient.projection.weight),
            product(memory.normal1, memory.qkv, gradient.qkv.weight),
        ]
    }

    /// Adds the gradient of the residual stream to the embeddings' rows, in the order of the tokens, sliced by columns.
    private func embeddings(adding: Bool) {
        let (batch, width, sliceColumns) = (gpt.batch, gpt.model.width, 64)
        gpt.team.run(slices: (width + sliceColumns - 1) / sliceColumns) { slice, worker in
            let columns = slice * sliceColumns..<min((slice + 1) * sliceColumns, width)
            let (stream, arithmetic) = (behind.columns(columns), gpt.workers[worker].arithmetic)
            let (tokens, positions) = (gradients.tokens.columns(columns), gradients.positions.columns(columns))
            if !adding { positions.fill(0) }
            for (row, id) in batch.tokens.enumerated() {
                let (position, id) = (row % batch.length, Int(id))
                arithmetic.accumulate(stream.rows(row..<row + 1), into: tokens.rows(id..<id + 1))
                arithmetic.accumulate(stream.rows(row..<row + 1), into: positions.rows(position..<position + 1))
            }
        }
    }
}
