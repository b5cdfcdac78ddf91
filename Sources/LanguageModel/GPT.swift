import Kernels
import WorkUnits

/// GPT-2 with the memory for one micro-batch: weights and activations, all allocated here, once.
///
/// Work is cut into slices whose size depends on the shapes alone: rows of tokens through everything that treats tokens one
/// by one, heads of sequences through attention, tiles of a weight's gradient over all tokens. Sums that cross slices are
/// taken in the order of the slices, so results do not depend on the number of threads.
public final class GPT {
    public let model: ModelConfiguration
    /// Most tokens of a micro-batch, sequences · length.
    public let capacity: Int
    public let weights: Parameters
    let team: ThreadTeam
    let keeping: ActivationKeeping
    /// One for each thread.
    let workers: [Worker]
    let activations: Activations
    let packed: PackedBlock
    /// Logits of a few tokens at a time, later their gradient: `[headRows, V]`.
    let logits: Matrix
    /// The micro-batch of the last forward pass.
    private(set) var batch: Batch

    private let arena: MatrixArena

    /// What a thread computes with.
    struct Worker {
        let arithmetic: Arithmetic
        let scratch: Scratch
    }

    /// For micro-batches of up to `sequences` of up to `length` tokens.
    public init(
        _ model: ModelConfiguration, sequences: Int, length: Int, team: ThreadTeam, numerics: Numerics,
        keeping: ActivationKeeping
    ) {
        precondition(length <= model.context, "sequences of \(length) tokens, a context of \(model.context)")
        self.model = model
        self.team = team
        self.keeping = keeping
        capacity = sequences * length
        weights = Parameters(model)
        let (arena, layout) = MatrixArena.allocate {
            Layout(
                model, sequences: sequences, length: length, threads: team.threads, numerics: numerics,
                keeping: keeping, in: &$0)
        }
        self.arena = arena
        batch = Batch(tokens: [], length: length, sliceRows: numerics.products.sliceRows)
        activations = layout.activations
        packed = layout.packed
        logits = layout.logits
        workers = layout.scratch.map { Worker(arithmetic: Arithmetic(numerics.products), scratch: Scratch($0)) }
    }

    /// Everything but the weights and what products work in.
    struct Layout {
        let activations: Activations
        let packed: PackedBlock
        let logits: Matrix
        let scratch: [Matrix]

        init(
            _ model: ModelConfiguration, sequences: Int, length: Int, threads: Int, numerics: Numerics,
            keeping: ActivationKeeping, in memory: inout MatrixArena.Cursor
        ) {
            let tokens = sequences * length
            activations = Activations(model, tokens: tokens, keeping, in: &memory)
            packed = PackedBlock(model, numerics.products, in: &memory)
            logits = memory.next(GPT.headRows(vocabulary: model.vocabulary, tokens: tokens), model.vocabulary)
            let rows = 11 * model.width * min(numerics.products.sliceRows, tokens)
            let heads = 4 * length * model.headWidth + AttentionHead.scratchCount(length: length)
            // And what each matrix loses by beginning at a cache line.
            let count = max(rows, heads) + 16 * 16
            scratch = (0..<threads).map { _ in memory.next(1, count) }
        }
    }

    /// Tokens whose logits are held at once: about eight million numbers, at least 256 tokens.
    private static func headRows(vocabulary: Int, tokens: Int) -> Int {
        min(max((1 << 23) / vocabulary / 256 * 256, 256), tokens)
    }
}

extension Numerics {
    /// Who multiplies matrices.
    public var products: Arithmetic.Products {
        switch self {
        case .openblas: .openBLAS
        case .canonical: .canonical
        }
    }
}

extension Arithmetic.Products {
    /// Tokens of a slice: fewer spread better over busy cores, more spare OpenBLAS from packing the weights so often.
    ///
    /// Gradients of biases and norms are summed by slices: another size makes other bits.
    var sliceRows: Int { pack ? 64 : 128 }
}

/// Token ids of some sequences of equal length, one after the other.
struct Batch {
    var tokens: [UInt32]
    var length: Int

    /// Tokens of a slice.
    var sliceRows: Int

    var sequences: Int { tokens.count / length }

    var slices: Int { (tokens.count + sliceRows - 1) / sliceRows }

    func rows(ofSlice slice: Int) -> Range<Int> {
        slice * sliceRows..<min((slice + 1) * sliceRows, tokens.count)
    }

    func rows(ofSequence sequence: Int) -> Range<Int> {
        sequence * length..<(sequence + 1) * length
    }
}

extension GPT {
    /// Runs all blocks and the final norm over whole sequences of `length` tokens, one after the other.
    public func forward(_ tokens: [UInt32], length: Int) {
        precondition(
            !tokens.isEmpty && tokens.count <= capacity && length <= model.context
                && tokens.count.isMultiple(of: length),
            "\(tokens.count) tokens in sequences of \(length)")
        (batch.tokens, batch.length) = (tokens, length)
        run(Packing([factors(0).qkv]))
        team.run(slices: batch.slices) { slice, worker in
            let rows = batch.rows(ofSlice: slice)
            embed(rows, workers[worker])
            prepareAttention(0, rows, activations.stream.rows(rows), workers[worker])
        }
        for layer in 0..<model.layers {
            let (isLast, own) = (layer + 1 == model.layers, factors(layer))
            let next = isLast ? [] : [factors(layer + 1).qkv]
            run(Packing([own.projection, own.up, own.down] + next), besides: attentionSlices) { slice, worker in
                attend(layer, slice, workers[worker])
            }
            team.run(slices: batch.slices) { slice, worker in
                let rows = batch.rows(ofSlice: slice)
                perceptron(layer, rows, workers[worker])
                if isLast {
                    finish(rows, workers[worker])
                } else {
                    keepInput(layer + 1, rows, workers[worker])
                    prepareAttention(layer + 1, rows, activations.stream.rows(rows), workers[worker])
                }
            }
        }
    }

    /// Packs, while the other slices are computed.
    func run(_ packing: Packing, besides slices: Int = 0, _ body: (_ slice: Int, _ worker: Int) -> Void = { _, _ in }) {
        team.run(slices: slices + packing.slices) { slice, worker in
            if slice < slices {
                body(slice, worker)
            } else {
                packing.run(slice: slice - slices, workers[worker].arithmetic)
            }
        }
    }

    /// A block's factors for `x · W`.
    func factors(_ layer: Int) -> BlockFactors { packed.factors(weights.blocks[layer], transposed: false) }

    /// Attention's slices: each head of each sequence.
    var attentionSlices: Int { batch.sequences * model.heads }

    private func embed(_ rows: Range<Int>, _ worker: Worker) {
        for row in rows {
            worker.arithmetic.embed(
                batch.tokens[row], at: row % batch.length, weights, into: activations.stream.rows(row..<row + 1))
        }
        keepInput(0, rows, worker)
    }

    private func keepInput(_ layer: Int, _ rows: Range<Int>, _ worker: Worker) {
        activations.blocks[layer].input.keep(
            activations.stream.rows(rows), rows, 0..<model.width, worker.arithmetic)
    }

    /// From the stream to queries, keys and values.
    func prepareAttention(_ layer: Int, _ rows: Range<Int>, _ stream: Matrix, _ worker: Worker) {
        let (kept, columns, arithmetic) = (activations.blocks[layer], 0..<3 * model.width, worker.arithmetic)
        var scratch = worker.scratch
        let qkv = kept.qkv.place(rows, columns) { scratch.next(rows.count, columns.count) }
        arithmetic.prepareAttention(
            weights.blocks[layer], factors(layer), stream, keeping: kept.statistics1.rows(rows), into: qkv, scratch)
        kept.qkv.keep(qkv, rows, columns, arithmetic)
    }

    /// From queries, keys and values to what is attended.
    func attend(_ layer: Int, _ slice: Int, _ worker: Worker) {
        let (rows, head) = (batch.rows(ofSequence: slice / model.heads), slice % model.heads)
        let (kept, columns) = (activations.blocks[layer], model.channels(ofHead: head))
        var scratch = worker.scratch
        let fused = self.head(head, layer, rows, worker.arithmetic, &scratch)
        let attended = kept.attended.place(rows, columns) { scratch.next(rows.count, columns.count) }
        worker.arithmetic.attention(
            fused, into: attended, keeping: kept.statistics(ofHead: head, rows), scratch: scratch.rest)
        kept.attended.keep(attended, rows, columns, worker.arithmetic)
    }

    /// Queries, keys and values of a head for a sequence.
    func head(
        _ head: Int, _ layer: Int, _ rows: Range<Int>, _ arithmetic: Arithmetic, _ scratch: inout Scratch
    ) -> AttentionHead {
        let (kept, channels) = (activations.blocks[layer], model.channels(ofHead: head))
        var parts: [Matrix] = []
        for part in 0..<3 {
            let start = part * model.width + channels.lowerBound
            parts.append(
                kept.qkv.read(rows, start..<start + channels.count, arithmetic) {
                    scratch.next(rows.count, channels.count)
                })
        }
        return AttentionHead(query: parts[0], key: parts[1], value: parts[2])
    }

    /// The rest of a block.
    private func perceptron(_ layer: Int, _ rows: Range<Int>, _ worker: Worker) {
        var scratch = worker.scratch
        let stream = activations.stream.rows(rows)
        let (middle, up) = preparePerceptron(layer, rows, stream, worker.arithmetic, &scratch)
        worker.arithmetic.finishPerceptron(
            weights.blocks[layer], factors(layer), middle: middle, up: up, into: stream, scratch)
    }

    /// From the stream before a block and what it attends to what its backward pass reads.
    @discardableResult
    func preparePerceptron(
        _ layer: Int, _ rows: Range<Int>, _ stream: Matrix, _ arithmetic: Arithmetic, _ scratch: inout Scratch
    ) -> (middle: Matrix, up: Matrix) {
        let (kept, all, wide) = (activations.blocks[layer], 0..<model.width, 0..<4 * model.width)
        let attended = kept.attended.read(rows, all, arithmetic) { scratch.next(rows.count, all.count) }
        let middle = kept.middle.place(rows, all) { scratch.next(rows.count, all.count) }
        let up = kept.up.place(rows, wide) { scratch.next(rows.count, wide.count) }
        arithmetic.preparePerceptron(
            weights.blocks[layer], factors(layer), attended: attended, stream,
            keeping: kept.statistics2.rows(rows), into: middle, up: up, scratch)
        kept.middle.keep(middle, rows, all, arithmetic)
        kept.up.keep(up, rows, wide, arithmetic)
        return (middle, up)
    }

    private func finish(_ rows: Range<Int>, _ worker: Worker) {
        worker.arithmetic.layerNorm(
            activations.stream.rows(rows), gain: weights.finalNorm.gain, bias: weights.finalNorm.bias,
            into: activations.final.rows(rows), keeping: activations.finalStatistics.rows(rows))
    }
}
