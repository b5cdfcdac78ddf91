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
    private let memory: Working
    private let arena: MatrixArena

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
        (arena, memory) = MatrixArena.allocate { Working(model, in: &$0) }
    }

    /// For a chunk of tokens: the residual stream before and within a block, attention's output `[n, C]`, the perceptron
    /// before GELU `[n, 4C]`, statistics that nobody reads, the logits of one token.
    private struct Working {
        let stream, middle, attended, up, logits, scratch: Matrix
        let norm: Arithmetic.NormStatistics
        let softmax: AttentionHead.Statistics

        init(_ model: ModelConfiguration, in memory: inout MatrixArena.Cursor) {
            stream = memory.next(Decoder.chunk, model.width)
            middle = memory.next(Decoder.chunk, model.width)
            attended = memory.next(Decoder.chunk, model.width)
            up = memory.next(Decoder.chunk, 4 * model.width)
            logits = memory.next(1, model.vocabulary)
            scratch = memory.next(
                1, max(AttentionHead.scratchCount(length: model.context), 4 * model.width * Decoder.chunk))
            norm = Arithmetic.NormStatistics(mean: memory.next(1, Decoder.chunk), scale: memory.next(1, Decoder.chunk))
            softmax = AttentionHead.Statistics(
                maximum: memory.next(1, Decoder.chunk), inverse: memory.next(1, Decoder.chunk))
        }
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
        return memory.logits.values
    }

    private func take(_ more: ArraySlice<UInt32>) {
        let (start, rows) = (tokens.count, 0..<more.count)
        let (stream, middle, up) = (memory.stream.rows(rows), memory.middle.rows(rows), memory.up.rows(rows))
        let (attended, norm) = (memory.attended.rows(rows), memory.norm.rows(rows))
        let softmax = AttentionHead.Statistics(
            maximum: memory.softmax.maximum.columns(rows), inverse: memory.softmax.inverse.columns(rows))
        tokens += more
        for (row, id) in more.enumerated() {
            arithmetic.embed(id, at: start + row, weights, into: stream.rows(row..<row + 1))
        }
        for layer in 0..<model.layers {
            let (block, cache) = (weights.blocks[layer], caches[layer].rows(0..<tokens.count))
            let factors = BlockFactors(block)
            arithmetic.prepareAttention(
                block, factors, stream, keeping: norm, into: cache.rows(start..<tokens.count), Scratch(memory.scratch))
            for head in 0..<model.heads {
                let all = AttentionHead(head, of: model.heads, in: cache)
                arithmetic.attention(
                    AttentionHead(query: all.query.rows(start..<tokens.count), key: all.key, value: all.value),
                    into: attended.columns(model.channels(ofHead: head)), keeping: softmax, scratch: memory.scratch)
            }
            arithmetic.preparePerceptron(
                block, factors, attended: attended, stream, keeping: norm, into: middle, up: up,
                Scratch(memory.scratch))
            arithmetic.finishPerceptron(
                block, factors, middle: middle, up: up, into: stream, Scratch(memory.scratch))
        }
        let last = rows.upperBound - 1..<rows.upperBound
        let final = attended.rows(last)
        arithmetic.layerNorm(
            stream.rows(last), gain: weights.finalNorm.gain, bias: weights.finalNorm.bias, into: final,
            keeping: memory.norm.rows(last))
        arithmetic.multiply(final.asIs, weights.tokens.transposed, into: memory.logits)
    }
}
