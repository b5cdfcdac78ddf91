import Kernels
import WorkUnits

/// The products of causal attention, for blocks of 128 queries: none past the last key that a block sees.
///
/// Two in forward, five in backward, the scores once more among them. Each thread has its share of all heads.
final class FloorAttention {
    private let heads, headWidth, width, sequences, length: Int
    private let team: ThreadTeam
    private let arithmetic = Arithmetic()
    /// `[M, 3C]`.
    private let qkv, qkvGradient: FloatBuffer
    /// `[M, C]`.
    private let attended: FloatBuffer
    /// `[T, T]` for each thread.
    private let scores, scoreGradients: FloatBuffer

    init(_ model: ModelConfiguration, sequences: Int, length: Int, team: ThreadTeam) {
        heads = model.heads
        headWidth = model.width / model.heads
        width = model.width
        self.sequences = sequences
        self.length = length
        self.team = team
        qkv = .noise(count: sequences * length * 3 * width)
        qkvGradient = FloatBuffer(count: qkv.count)
        attended = FloatBuffer(count: qkv.count / 3)
        scores = FloatBuffer(count: team.threads * length * length)
        scoreGradients = FloatBuffer(count: scores.count)
    }

    func forward() {
        forEachBlock { block in
            arithmetic.multiply(block.queries.asIs, block.keys.transposed, into: block.scores)
            arithmetic.multiply(block.scores.asIs, block.values.asIs, into: block.attended)
        }
    }

    func backward() {
        forEachBlock { block in
            let (gradient, dq, dk, dv) = (block.scoreGradient, block.dQueries, block.dKeys, block.dValues)
            arithmetic.multiply(block.queries.asIs, block.keys.transposed, into: block.scores)
            arithmetic.multiply(block.attended.asIs, block.values.transposed, into: gradient)
            arithmetic.multiply(block.scores.transposed, block.attended.asIs, into: dv)
            arithmetic.multiply(gradient.asIs, block.keys.asIs, into: dq)
            arithmetic.multiply(gradient.transposed, block.queries.asIs, into: dk)
        }
    }

    /// One block of queries of one head, and what it sees.
    private struct Block {
        /// `[queries, head width]`.
        let queries, dQueries, attended: Matrix
        /// `[keys, head width]`.
        let keys, values, dKeys, dValues: Matrix
        /// `[queries, keys]`.
        let scores, scoreGradient: Matrix
    }

    private func forEachBlock(_ body: (Block) -> Void) {
        let (count, parts) = (sequences * heads, team.threads)
        team.run(slices: parts) { part, _ in
            for index in count * part / parts..<count * (part + 1) / parts {
                let (sequence, head) = index.quotientAndRemainder(dividingBy: heads)
                for first in stride(from: 0, to: length, by: 128) {
                    body(block(sequence, head, first..<min(first + 128, length), part))
                }
            }
        }
    }

    private func block(_ sequence: Int, _ head: Int, _ rows: Range<Int>, _ part: Int) -> Block {
        /// The head's columns of the sequence: 0 for queries, 1 for keys, 2 for values.
        func window(_ buffer: FloatBuffer, _ which: Int, of width: Int, _ rows: Range<Int>) -> Matrix {
            let start = which * self.width + head * headWidth
            return buffer.matrix(at: sequence * length * width, rows: length, columns: width).rows(rows)
                .columns(start..<start + headWidth)
        }
        let seen = 0..<rows.upperBound
        func square(_ buffer: FloatBuffer) -> Matrix {
            buffer.matrix(at: part * length * length, rows: length, columns: length).rows(rows).columns(seen)
        }
        return Block(
            queries: window(qkv, 0, of: 3 * width, rows), dQueries: window(qkvGradient, 0, of: 3 * width, rows),
            attended: window(attended, 0, of: width, rows), keys: window(qkv, 1, of: 3 * width, seen),
            values: window(qkv, 2, of: 3 * width, seen), dKeys: window(qkvGradient, 1, of: 3 * width, seen),
            dValues: window(qkvGradient, 2, of: 3 * width, seen), scores: square(scores),
            scoreGradient: square(scoreGradients))
    }
}
