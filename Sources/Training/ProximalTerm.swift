import Kernels
import WorkUnits

/// FedProx: what draws a unit's weights back to its base (Li et al., 2020, "Federated optimization in heterogeneous
/// networks", equation 2).
///
/// The loss gains μ/2 · ‖w − w₀‖², and so the gradient μ(w − w₀), before its norm is taken and clipped. In float32, a
/// difference, a product and a sum that are not fused: the same bits on every machine and for any number of threads.
final class ProximalTerm {
    private let strength: Float
    /// w₀
    private let base: FloatBuffer
    /// w − w₀ of a piece, for each thread.
    private let differences: FloatBuffer
    private let pieces: [Range<Int>]
    private let arithmetic = Arithmetic()
    private let team: ThreadTeam

    private static let pieceCount = 1 << 15

    /// - Parameter base: the weights that the unit begins with; copied.
    init(strength: Double, base: FloatBuffer, team: ThreadTeam) {
        self.strength = Float(strength)
        self.team = team
        self.base = FloatBuffer(count: base.count)
        differences = FloatBuffer(count: team.threads * Self.pieceCount)
        pieces = stride(from: 0, to: base.count, by: Self.pieceCount).map {
            $0..<min($0 + Self.pieceCount, base.count)
        }
        for piece in pieces { self.base.row(piece).copy(base.row(piece)) }
    }

    /// Floats that it keeps.
    static func memory(_ settings: OptimizerSettings, parameters: Int, threads: Int) -> Int {
        settings.proximal > 0 ? parameters + threads * pieceCount : 0
    }

    func add(to gradients: FloatBuffer, weights: FloatBuffer) {
        team.run(slices: pieces.count) { slice, worker in
            let piece = pieces[slice]
            let difference = differences.row(
                worker * Self.pieceCount..<worker * Self.pieceCount + piece.count)
            let gradient = gradients.row(piece)
            arithmetic.combine(1, weights.row(piece), -1, base.row(piece), into: difference)
            arithmetic.combine(1, gradient, strength, difference, into: gradient)
        }
    }
}
