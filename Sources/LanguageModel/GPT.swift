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
    let arithmetic = Arithmetic()
    let team: ThreadTeam
    let activations: Activations
    /// Logits of a few tokens at a time, later their gradient: `[headRows, V]`.
    let logits: Matrix
    /// One for each thread.
    let scratch: [FloatBuffer]
    /// The micro-batch of the last forward pass.
    private(set) var batch = Batch(tokens: [], length: 1)

    private let logitsBuffer: FloatBuffer

    /// Tokens of a slice: fewer spread better over busy cores, more spare BLAS from packing the weights so often.
    static let sliceRows = 128

    /// For micro-batches of up to `sequences` of up to `length` tokens.
    ///
    /// `keepsActivations` if a backward pass will follow; else blocks share their memory.
    public init(_ model: ModelConfiguration, sequences: Int, length: Int, team: ThreadTeam, keepsActivations: Bool) {
        precondition(length <= model.context, "sequences of \(length) tokens, a context of \(model.context)")
        self.model = model
        self.team = team
        capacity = sequences * length
        weights = Parameters(model)
        activations = Activations(model, tokens: capacity, storedBlocks: keepsActivations ? model.layers : 1)
        let headRows = Self.headRows(vocabulary: model.vocabulary, tokens: capacity)
        logitsBuffer = FloatBuffer(count: headRows * model.vocabulary)
        logits = logitsBuffer.matrix(rows: headRows, columns: model.vocabulary)
        let scratchCount = max(AttentionHead.scratchCount(length: length), Self.sliceRows * model.width)
        scratch = (0..<team.threads).map { _ in FloatBuffer(count: scratchCount) }
    }

    /// Tokens whose logits are held at once: about a million numbers, in whole slices.
    private static func headRows(vocabulary: Int, tokens: Int) -> Int {
        let slices = max((1 << 20) / vocabulary / sliceRows, 4)
        return min(slices * sliceRows, tokens)
    }
}

/// Token ids of some sequences of equal length, one after the other.
struct Batch {
    var tokens: [UInt32]
    var length: Int

    var sequences: Int { tokens.count / length }

    /// Slices of `GPT.sliceRows` tokens.
    var slices: Int { (tokens.count + GPT.sliceRows - 1) / GPT.sliceRows }

    func rows(ofSlice slice: Int) -> Range<Int> {
        slice * GPT.sliceRows..<min((slice + 1) * GPT.sliceRows, tokens.count)
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
        batch = Batch(tokens: tokens, length: length)
        team.run(slices: batch.slices) { slice, _ in
            let rows = batch.rows(ofSlice: slice)
            embed(rows)
            prepareAttention(0, rows)
        }
        for layer in 0..<model.layers {
            team.run(slices: batch.sequences * model.heads) { slice, worker in
                attend(layer, batch.rows(ofSequence: slice / model.heads), head: slice % model.heads, scratch[worker])
            }
            team.run(slices: batch.slices) { slice, _ in
                let rows = batch.rows(ofSlice: slice)
                finishBlock(layer, rows)
                if layer + 1 < model.layers { prepareAttention(layer + 1, rows) } else { finish(rows) }
            }
        }
    }

    private func embed(_ rows: Range<Int>) {
        for row in rows {
            arithmetic.embed(
                batch.tokens[row], at: row % batch.length, weights,
                into: activations.blocks[0].input.rows(row..<row + 1))
        }
    }

    private func prepareAttention(_ layer: Int, _ rows: Range<Int>) {
        let kept = activations.blocks[layer]
        arithmetic.prepareAttention(weights.blocks[layer], kept, rows, into: kept.qkv.rows(rows))
    }

    private func attend(_ layer: Int, _ rows: Range<Int>, head: Int, _ scratch: FloatBuffer) {
        let kept = activations.blocks[layer]
        arithmetic.attention(
            AttentionHead(head, of: model.heads, in: kept.qkv.rows(rows)),
            into: kept.attended.rows(rows).columns(columns(ofHead: head)), keeping: kept.statistics(ofHead: head, rows),
            scratch: scratch)
    }

    private func finishBlock(_ layer: Int, _ rows: Range<Int>) {
        arithmetic.finishBlock(
            weights.blocks[layer], activations.blocks[layer], rows, into: activations.output(ofBlock: layer).rows(rows))
    }

    private func finish(_ rows: Range<Int>) {
        arithmetic.layerNorm(
            activations.last.rows(rows), gain: weights.finalNorm.gain, bias: weights.finalNorm.bias,
            into: activations.final.rows(rows), keeping: activations.finalStatistics.rows(rows))
    }

    func columns(ofHead head: Int) -> Range<Int> {
        head * model.headWidth..<(head + 1) * model.headWidth
    }
}
