import Kernels
import LanguageModel
import WorkUnits

/// Muon (Jordan et al., 2024, "Muon: an optimizer for hidden layers"), scaled to AdamW's step (Liu et al., 2025, "Muon is
/// scalable for LLM training"), for the matrices of the blocks: not for embeddings, norms and biases, which AdamW moves.
///
/// For a matrix W `[r, c]` with gradient G, momentum M, learning rate η, decay λ and μ = `momentum`:
///
///     M = μ M + G;   U = G + μ M                                   (Nesterov)
///     X = U / (‖U‖ + 10⁻⁷), then five times X = a X + (b A + c A²) X with A = X Xᵀ    (Newton and Schulz)
///     W = (1 - η λ) W - η · 0.2 √max(r, c) · X
///
/// The five steps bring all singular values near 1, between 0.68 and 1.21. Where r > c, A = Xᵀ X and X stands on the left:
/// the Gram matrix is always the smaller one. `c_attn.weight` is three matrices here, queries, keys and values, each with a
/// scale of its own.
///
/// Float32, one matrix a slice, on products of one thread: the same bits for any number of threads.
package final class Muon {
    /// A matrix in the flat vector of all parameters: columns of a tensor.
    struct Target {
        let start: Int
        let rows: Int
        /// Columns of the tensor.
        let width: Int
        let columns: Range<Int>

        func matrix(in buffer: FloatBuffer) -> Matrix {
            buffer.matrix(at: start, rows: rows, columns: width).columns(columns)
        }

        var longSide: Int { max(rows, columns.count) }
        var shortSide: Int { min(rows, columns.count) }
    }

    /// Largest first, so that the last slices are short.
    private let targets: [Target]
    private let settings: OptimizerSettings
    /// One for each thread.
    private let arithmetics: [Arithmetic]
    /// For each thread the room for X twice and for two Gram matrices.
    private let scratch: [FloatBuffer]

    private static let coefficients: (a: Float, b: Float, c: Float) = (3.4445, -4.7750, 2.0315)
    private static let iterations = 5

    package init(_ model: ModelConfiguration, _ settings: OptimizerSettings, numerics: Numerics, threads: Int) {
        targets = Self.targets(model)
        arithmetics = (0..<threads).map { _ in Arithmetic(numerics.products) }
        let count = Self.scratchCount(model)
        scratch = (0..<threads).map { _ in FloatBuffer(count: count) }
        self.settings = settings
    }

    private static func targets(_ model: ModelConfiguration) -> [Target] {
        ParameterLayout(model).tensors.filter(moves).flatMap { tensor in
            let (rows, width) = (tensor.shape[0], tensor.shape[1])
            let parts = tensor.name.hasSuffix("attn.c_attn.weight") ? 3 : 1
            return (0..<parts).map {
                let columns = $0 * width / parts..<($0 + 1) * width / parts
                return Target(start: tensor.range.lowerBound, rows: rows, width: width, columns: columns)
            }
        }
        .sorted { ($1.longSide, $0.start, $0.columns.lowerBound) < ($0.longSide, $1.start, $1.columns.lowerBound) }
    }

    /// Floats that each thread works in, beside what its products take.
    static func scratchCount(_ model: ModelConfiguration) -> Int {
        targets(model).map { 2 * $0.shortSide * ($0.longSide + $0.shortSide) }.max() ?? 0
    }

    /// Whether Muon moves this tensor, and not AdamW.
    static func moves(_ tensor: ParameterTensor) -> Bool { tensor.decays && tensor.shape.count == 2 }

    /// Matrices to move in a step.
    package var slices: Int { targets.count }

    /// Moves one matrix. All buffers hold all parameters in the order of `ParameterLayout`.
    ///
    /// - Parameters:
    ///   - gradientScale: multiplies the gradients first: clipping.
    ///   - worker: whose scratch is used.
    package func step(
        slice: Int, worker: Int, weights: FloatBuffer, gradients: FloatBuffer, momentum: FloatBuffer,
        gradientScale: Double, learningRate: Double
    ) {
        let (target, arithmetic) = (targets[slice], arithmetics[worker])
        let (weight, gradient) = (target.matrix(in: weights), target.matrix(in: gradients))
        let (moment, mu, scale) = (target.matrix(in: momentum), Float(settings.momentum), Float(gradientScale))
        let room = Room(target, in: scratch[worker])
        arithmetic.combine(mu, moment, scale, gradient, into: moment)
        arithmetic.combine(scale, gradient, mu, moment, into: room.x)
        let direction = orthogonalize(room, arithmetic)
        let length = learningRate * 0.2 * Double(target.longSide).squareRoot()
        arithmetic.combine(
            Float(1 - learningRate * settings.weightDecay), weight, Float(-length), direction, into: weight)
    }

    /// - Parameter room: `x` holds the matrix.
    /// - Returns: the window of the room that holds the result.
    private func orthogonalize(_ room: Room, _ arithmetic: Arithmetic) -> Matrix {
        let norm = arithmetic.sumOfSquares(room.flatX).squareRoot()
        let (a, b, c) = Self.coefficients
        var (x, next) = (room.x, room.next)
        arithmetic.combine(Float(1 / (norm + 1e-7)), x, 0, x, into: x)
        for _ in 0..<Self.iterations {
            let isWide = x.rows <= x.columns
            arithmetic.multiply(isWide ? x.asIs : x.transposed, isWide ? x.transposed : x.asIs, into: room.gram)
            arithmetic.multiply(room.gram.asIs, room.gram.asIs, into: room.polynomial)
            arithmetic.combine(b, room.gram, c, room.polynomial, into: room.polynomial)
            for index in 0..<room.gram.rows { room.polynomial[index, index] += a }
            arithmetic.multiply(
                isWide ? room.polynomial.asIs : x.asIs, isWide ? x.asIs : room.polynomial.asIs, into: next)
            swap(&x, &next)
        }
        return x
    }

    /// Windows of one thread's scratch for one matrix.
    private struct Room {
        let x, next, gram, polynomial: Matrix
        /// `x` as one row.
        let flatX: Matrix

        init(_ target: Target, in buffer: FloatBuffer) {
            let (rows, columns, side) = (target.rows, target.columns.count, target.shortSide)
            let count = rows * columns
            flatX = buffer.row(0..<count)
            x = buffer.matrix(rows: rows, columns: columns)
            next = buffer.matrix(at: count, rows: rows, columns: columns)
            gram = buffer.matrix(at: 2 * count, rows: side, columns: side)
            polynomial = buffer.matrix(at: 2 * count + side * side, rows: side, columns: side)
        }
    }
}
