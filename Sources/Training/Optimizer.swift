import Kernels
import LanguageModel
import WorkUnits

/// AdamW over all parameters of a model, with clipping by the global norm.
///
/// Works in pieces of fixed size: the same bits for any number of threads.
final class Optimizer {
    let mean: FloatBuffer
    let square: FloatBuffer
    private let layout: ParameterLayout
    private let settings: OptimizerSettings
    private let pieces: [(range: Range<Int>, decays: Bool)]
    private let arithmetic = Arithmetic()
    private let team: ThreadTeam

    private static let pieceCount = 1 << 15

    init(_ model: ModelConfiguration, _ settings: OptimizerSettings, team: ThreadTeam) {
        let layout = ParameterLayout(model)
        mean = FloatBuffer(count: layout.count)
        square = FloatBuffer(count: layout.count)
        pieces = layout.tensors.flatMap { tensor in
            stride(from: tensor.range.lowerBound, to: tensor.range.upperBound, by: Self.pieceCount).map {
                ($0..<min($0 + Self.pieceCount, tensor.range.upperBound), tensor.decays)
            }
        }
        self.layout = layout
        self.settings = settings
        self.team = team
    }

    /// √Σ g², over all parameters.
    func norm(of gradients: FloatBuffer) -> Double {
        var squares = [Double](repeating: 0, count: pieces.count)
        squares.withUnsafeMutableBufferPointer { squares in
            // SAFETY: each slice writes its own element.
            team.run(slices: pieces.count) { [squares] slice, _ in
                squares[slice] = arithmetic.sumOfSquares(gradients.row(pieces[slice].range))
            }
        }
        return squares.reduce(0, +).squareRoot()
    }

    /// The first tensor, on the way back from the loss, with a gradient that is not finite, or whose square is not.
    func firstNonFinite(in gradients: FloatBuffer) -> String? {
        layout.tensors.last { !arithmetic.sumOfSquares(gradients.row($0.range)).isFinite }?.name
    }

    /// Steps are numbered from 1.
    func step(_ number: Int, weights: FloatBuffer, gradients: FloatBuffer, norm: Double, learningRate: Double) {
        let clips = settings.clipNorm > 0 && norm > settings.clipNorm
        let step = AdamWStep(
            learningRate: learningRate, beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon,
            number: number, gradientScale: clips ? settings.clipNorm / norm : 1)
        team.run(slices: pieces.count) { slice, _ in
            let piece = pieces[slice]
            arithmetic.adamW(
                step, decay: piece.decays ? settings.weightDecay : 0, weights: weights.row(piece.range),
                gradients: gradients.row(piece.range), mean: mean.row(piece.range), square: square.row(piece.range))
        }
    }
}
