import Kernels
import WorkUnits

extension GPT {
    /// Where the last forward pass, which led to a loss that is not finite, first left the finite numbers.
    ///
    /// Of blocks whose activations are not kept only the input can be told.
    public var firstNonFinite: String {
        let (all, worker) = (0..<batch.tokens.count, workers[0])
        func isFinite(_ kept: Kept, _ columns: Int) -> Bool {
            all.allSatisfy { row in
                var scratch = worker.scratch
                return worker.arithmetic.sumOfSquares(
                    kept.read(row..<row + 1, 0..<columns, worker.arithmetic) { scratch.next(1, columns) }
                ).isFinite
            }
        }
        for (layer, block) in activations.blocks.enumerated() {
            guard isFinite(block.input, model.width) else {
                return layer == 0 ? "the sum of the embeddings" : "the output of block \(layer - 1)"
            }
            if keeping.recompute == .none, !isFinite(block.attended, model.width) {
                return "what block \(layer) attends"
            }
            if keeping.recompute != .block, !isFinite(block.middle, model.width) {
                return "the stream behind the attention of block \(layer)"
            }
        }
        let last = model.layers - 1
        guard isFinite(.float32(activations.stream), model.width) else { return "the output of block \(last)" }
        guard isFinite(.float32(activations.final), model.width) else { return "the final norm" }
        return "a logit"
    }
}
