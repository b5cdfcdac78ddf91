import Kernels
import WorkUnits

/// What a forward pass computes and a backward pass reads, for up to M tokens at once.
struct Activations {
    let blocks: [Block]
    /// The residual stream behind the last block, `[M, C]`.
    let last: Matrix
    let finalStatistics: Arithmetic.NormStatistics
    /// The final norm of `last`, `[M, C]`.
    let final: Matrix
    /// `[1, M]`.
    let losses: Matrix

    /// 16 C + 2 heads + 4 floats for each token.
    struct Block {
        /// The residual stream before the block, and between attention and perceptron: `[M, C]`.
        let input, middle: Matrix
        let statistics1, statistics2: Arithmetic.NormStatistics
        /// After the first norm, after the second: `[M, C]`.
        let normal1, normal2: Matrix
        /// `[M, 3C]`.
        let qkv: Matrix
        /// Each head's statistics: `[heads, M]`.
        let maximum, inverse: Matrix
        /// Attention's output before its projection, `[M, C]`.
        let attended: Matrix
        /// Before and after GELU, `[M, 4C]`.
        let up, active: Matrix
    }

    /// `storedBlocks`: all to train; 1 to evaluate, where each block may overwrite the one before.
    init(_ model: ModelConfiguration, tokens: Int, storedBlocks: Int) {
        let width = model.width
        let perBlock = tokens * (16 * width + 2 * model.heads + 4)
        let buffer = FloatBuffer(count: storedBlocks * perBlock + tokens * (2 * width + 3))
        var end = 0
        func next(_ rows: Int, _ columns: Int) -> Matrix {
            defer { end += rows * columns }
            return buffer.matrix(at: end, rows: rows, columns: columns)
        }
        func statistics() -> Arithmetic.NormStatistics {
            Arithmetic.NormStatistics(mean: next(1, tokens), scale: next(1, tokens))
        }
        let stored = (0..<storedBlocks).map { _ in
            Block(
                input: next(tokens, width), middle: next(tokens, width), statistics1: statistics(),
                statistics2: statistics(), normal1: next(tokens, width), normal2: next(tokens, width),
                qkv: next(tokens, 3 * width), maximum: next(model.heads, tokens), inverse: next(model.heads, tokens),
                attended: next(tokens, width), up: next(tokens, 4 * width), active: next(tokens, 4 * width))
        }
        blocks = (0..<model.layers).map { stored[$0 % storedBlocks] }
        last = next(tokens, width)
        finalStatistics = statistics()
        final = next(tokens, width)
        losses = next(1, tokens)
        self.buffer = buffer
    }

    private let buffer: FloatBuffer

    /// The residual stream behind a block: the input of the next.
    func output(ofBlock layer: Int) -> Matrix {
        layer + 1 < blocks.count ? blocks[layer + 1].input : last
    }
}
