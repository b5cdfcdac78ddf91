import Kernels
import WorkUnits

extension GPT {
    /// Floats that training needs beside weights and gradients: for activations, and for everything else.
    public static func trainingMemory(
        _ model: ModelConfiguration, sequences: Int, length: Int, threads: Int, numerics: Numerics,
        _ precision: ActivationPrecision, _ recompute: Recompute
    ) -> (activations: Int, working: Int) {
        let (tokens, keeping) = (sequences * length, ActivationKeeping.forBackward(precision, recompute))
        let activations = MatrixArena.count { Activations(model, tokens: tokens, keeping, in: &$0) }
        let all = MatrixArena.count {
            Layout(
                model, sequences: sequences, length: length, threads: threads, numerics: numerics, keeping: keeping,
                in: &$0)
        }
        let backward = MatrixArena.count {
            Backpropagation.Working(model, tokens: tokens, products: numerics.products, keeping, in: &$0)
        }
        return (activations, all - activations + backward + threads * Arithmetic.workspaceCount(numerics.products))
    }
}
