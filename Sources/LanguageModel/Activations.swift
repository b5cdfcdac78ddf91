import Kernels
import WorkUnits

/// What a forward pass keeps for a backward pass.
public enum ActivationKeeping: Hashable, Sendable {
    /// Nothing: all blocks share the memory of one.
    case nothing
    case forBackward(ActivationPrecision, Recompute)

    var precision: ActivationPrecision {
        if case .forBackward(let precision, _) = self { precision } else { .float32 }
    }

    var recompute: Recompute {
        if case .forBackward(_, let recompute) = self { recompute } else { .none }
    }
}

/// What a forward pass leaves behind, for up to M tokens at once.
struct Activations {
    let blocks: [Block]
    /// The residual stream, `[M, C]`: at the end, behind the last block.
    let stream: Matrix
    let finalStatistics: Arithmetic.NormStatistics
    /// The final norm of the stream, `[M, C]`.
    let final: Matrix
    /// `[1, M]`.
    let losses: Matrix

    /// What is computed from these with little work is not kept: the norms' outputs and the perceptron's after GELU.
    struct Block {
        /// The residual stream before the block, and between attention and perceptron: `[M, C]`.
        let input, middle: Kept
        let statistics1, statistics2: Arithmetic.NormStatistics
        /// `[M, 3C]`.
        let qkv: Kept
        /// Each head's statistics: `[heads, M]`.
        let maximum, inverse: Matrix
        /// Attention's output before its projection, `[M, C]`.
        let attended: Kept
        /// Before GELU, `[M, 4C]`.
        let up: Kept
    }

    init(_ model: ModelConfiguration, tokens: Int, _ keeping: ActivationKeeping, in memory: inout MatrixArena.Cursor) {
        let (layers, width) = (model.layers, model.width)
        let isEvaluation = keeping == .nothing
        // Blocks that share memory compute it again, all but the last.
        let sharesAttention = isEvaluation || keeping.recompute != .none
        let sharesPerceptron = isEvaluation || keeping.recompute == .block

        func kept(_ columns: Int, shared: Bool, exactly: Bool = false) -> [Kept] {
            let matrices = (0..<(shared ? 1 : layers)).map { _ -> Kept in
                switch keeping.precision {
                case .float32: .float32(memory.next(tokens, columns))
                case .bfloat16 where exactly: .roundedWhenRead(memory.next(tokens, columns))
                case .bfloat16: .bfloat16(memory.nextBFloat16(tokens, columns))
                }
            }
            return (0..<layers).map { matrices[$0 % matrices.count] }
        }
        func perHead(shared: Bool) -> [Matrix] {
            let matrices = (0..<(shared ? 1 : layers)).map { _ in memory.next(model.heads, tokens) }
            return (0..<layers).map { matrices[$0 % matrices.count] }
        }
        func statistics() -> Arithmetic.NormStatistics {
            Arithmetic.NormStatistics(mean: memory.next(1, tokens), scale: memory.next(1, tokens))
        }

        let input = kept(width, shared: isEvaluation, exactly: sharesAttention)
        let middle = kept(width, shared: sharesPerceptron)
        let up = kept(4 * width, shared: sharesPerceptron)
        let qkv = kept(3 * width, shared: sharesAttention)
        let attended = kept(width, shared: sharesAttention)
        let (maximum, inverse) = (perHead(shared: sharesAttention), perHead(shared: sharesAttention))
        blocks = (0..<layers).map {
            Block(
                input: input[$0], middle: middle[$0], statistics1: statistics(), statistics2: statistics(),
                qkv: qkv[$0], maximum: maximum[$0], inverse: inverse[$0], attended: attended[$0], up: up[$0])
        }
        stream = memory.next(tokens, width)
        finalStatistics = statistics()
        final = memory.next(tokens, width)
        losses = memory.next(1, tokens)
    }
}

extension Activations.Block {
    func statistics(ofHead head: Int, _ rows: Range<Int>) -> AttentionHead.Statistics {
        AttentionHead.Statistics(
            maximum: maximum.rows(head..<head + 1).columns(rows), inverse: inverse.rows(head..<head + 1).columns(rows))
    }
}
