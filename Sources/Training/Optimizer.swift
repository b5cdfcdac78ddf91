import Kernels
import LanguageModel
import WorkUnits

/// AdamW over all parameters of a model, or Muon for the blocks' matrices and AdamW for the rest; with clipping by the
/// global norm.
///
/// Works in pieces of fixed size: the same bits for any number of threads.
final class Optimizer {
    /// First moments, for Muon's matrices their momentum: one for each parameter.
    let mean: FloatBuffer
    /// Second moments of what AdamW moves, without gaps, in the order of the layout.
    let square: FloatBuffer
    private let layout: ParameterLayout
    private let settings: OptimizerSettings
    /// Nil when AdamW moves everything.
    private let muon: Muon?
    /// All parameters.
    private let pieces: [Range<Int>]
    /// Those that AdamW moves, with the place of their second moments.
    private let adamWPieces: [(range: Range<Int>, square: Range<Int>, decays: Bool)]
    private let arithmetic = Arithmetic()
    private let team: ThreadTeam

    private static let pieceCount = 1 << 15

    init(_ model: ModelConfiguration, _ settings: OptimizerSettings, numerics: Numerics, team: ThreadTeam) {
        let layout = ParameterLayout(model)
        func pieces(of tensor: ParameterTensor) -> [Range<Int>] {
            stride(from: tensor.range.lowerBound, to: tensor.range.upperBound, by: Self.pieceCount).map {
                $0..<min($0 + Self.pieceCount, tensor.range.upperBound)
            }
        }
        var squares = 0
        adamWPieces = layout.tensors.filter { settings.kind == .adamW || !Muon.moves($0) }.flatMap { tensor in
            pieces(of: tensor).map {
                squares += $0.count
                return ($0, squares - $0.count..<squares, tensor.decays)
            }
        }
        self.pieces = layout.tensors.flatMap(pieces)
        muon = settings.kind == .muon ? Muon(model, settings, numerics: numerics, threads: team.threads) : nil
        mean = FloatBuffer(count: layout.count)
        square = FloatBuffer(count: squares)
        self.layout = layout
        self.settings = settings
        self.team = team
    }

    /// Floats of all that it keeps and works in.
    static func memory(
        _ model: ModelConfiguration, _ settings: OptimizerSettings, numerics: Numerics, threads: Int
    ) -> Int {
        let layout = ParameterLayout(model)
        guard settings.kind == .muon else { return 2 * layout.count }
        let moved = layout.tensors.filter(Muon.moves).reduce(0) { $0 + $1.range.count }
        let working = Muon.scratchCount(model) + Arithmetic.workspaceCount(numerics.products)
        return 2 * layout.count - moved + threads * working
    }

    /// √Σ g², over all parameters.
    func norm(of gradients: FloatBuffer) -> Double {
        var squares = [Double](repeating: 0, count: pieces.count)
        squares.withUnsafeMutableBufferPointer { squares in
            // SAFETY: each slice writes its own element.
            team.run(slices: pieces.count) { [squares] slice, _ in
                squares[slice] = arithmetic.sumOfSquares(gradients.row(pieces[slice]))
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
        let scale = clips ? settings.clipNorm / norm : 1
        let step = AdamWStep(
            learningRate: learningRate, beta1: settings.beta1, beta2: settings.beta2, epsilon: settings.epsilon,
            number: number, gradientScale: scale)
        let matrices = muon?.slices ?? 0
        team.run(slices: matrices + adamWPieces.count) { slice, worker in
            if slice < matrices {
                muon?.step(
                    slice: slice, worker: worker, weights: weights, gradients: gradients, momentum: mean,
                    gradientScale: scale, learningRate: learningRate)
            } else {
                let piece = adamWPieces[slice - matrices]
                arithmetic.adamW(
                    step, decay: piece.decays ? settings.weightDecay : 0, weights: weights.row(piece.range),
                    gradients: gradients.row(piece.range), mean: mean.row(piece.range), square: square.row(piece.square)
                )
            }
        }
    }
}
