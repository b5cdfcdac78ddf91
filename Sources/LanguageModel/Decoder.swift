import Kernels
import WorkUnits

/// Runs a model over one growing sequence and keeps the keys and values of every position: each further token costs one row.
///
/// Computes on the calling thread. Memory: the weights, and `layers · context · 3C` floats.
final class Decoder {
    let model: ModelConfiguration
    private(set) var tokens: [UInt32] = []
    private let weights: Parameters
    private let arithmetic = Arithmetic()
    /// Queries, keys and values of all positions so far, of each block: `[context, 3C]`.
    private let caches: [Matrix]
    private let cacheBuffer: FloatBuffer
    private let activations: Activations
    private let logits: FloatBuffer
    private let scratch: FloatBuffer

    /// Most tokens taken at once.
    private static let chunk = 64

    init(_ model: ModelConfiguration, weights values: [Float]) {
        self.model = model
        weights = Parameters(model)
        weights.buffer.assign(values, at: 0)
        let size = model.context * 3 * model.width
        let cacheBuffer = FloatBuffer(count: model.layers * size)
        caches = (0..<model.layers).map {
            cacheBuffer.matrix(at: $0 * size, rows: model.context, columns: 3 * model.width)
        }
        self.cacheBuffer = cacheBuffer
        activations = Activations(model, tokens: Self.chunk, storedBlocks: 1)
        logits = FloatBuffer(count: model.vocabulary)
        scratch = FloatBuffer(count: AttentionHead.scratchCount(length: model.context))
    }

    /// Forgets all but the first `count` tokens.
    func truncate(to count: Int) {
        tokens.removeLast(tokens.count - count)
    }

    /// Takes further tokens, at least one, at most up to the context.
    /// - Returns: the logits of the token that follows.
    func append(_ more: [UInt32]) -> [Float] {
        precondition(!more.isEmpty && tokens.count + more.count <= model.context, "\(more.count) more tokens")
        for start in stride(from: 0, to: more.count, by: Self.chunk) {
            take(more[start..<min(start + Self.chunk, more.count)])
        }
        return logits.values(0..<model.vocabulary)
    }

    private func take(_ more: ArraySlice<UInt32>) {
        let (start, rows) = (tokens.count, 0..<more.count)
        tokens += more
        for (row, id) in more.enumerated() {
            arithmetic.embed(id, at: start + row, weights, into: activations.blocks[0].input.rows(row..<row + 1))
        }
        for layer in 0..<model.layers {
            let (block, kept) = (weights.blocks[layer], activations.blocks[layer])
            let cache = caches[layer].rows(0..<tokens.count)
            arithmetic.prepareAttention(block, kept, rows, into: cache.rows(start..<tokens.count))
            for head in 0..<model.heads {
                let all = AttentionHead(head, of: model.heads, in: cache)
                arithmetic.attention(
                    AttentionHead(query: all.query.rows(start..<tokens.count), key: all.key, value: all.value),
                    into: kept.attended.rows(rows).columns(head * model.headWidth..<(head + 1) * model.headWidth),
                    keeping: kept.statistics(ofHead: head, rows), scratch: scratch)
            }
            arithmetic.finishBlock(block, kept, rows, into: activations.output(ofBlock: layer).rows(rows))
        }
        let last = rows.upperBound - 1..<rows.upperBound
        let final = activations.final.rows(last)
        arithmetic.layerNorm(
            activations.last.rows(last), gain: weights.finalNorm.gain, bias: weights.finalNorm.bias, into: final,
            keeping: activations.finalStatistics.rows(last))
        arithmetic.multiply(final.asIs, weights.tokens.transposed, into: logits.row(0..<model.vocabulary))
    }
}
