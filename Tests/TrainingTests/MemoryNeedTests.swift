import LanguageModel
import Testing
import Training
import WorkUnits

struct MemoryNeedTests {
    /// Six layers of 512, 32 000 tokens: the benchmark's M1024 with four sequences.
    private let model = ModelConfiguration(layers: 6, width: 512, heads: 8, vocabulary: 32_000, context: 1024)

    private func need(
        _ recompute: Recompute = .none, _ activations: ActivationPrecision = .float32, threads: Int = 2
    ) -> MemoryNeed {
        MemoryNeed(model: model, settings: settings(recompute, activations), tokens: 4097, threads: threads)
    }

    private func settings(_ recompute: Recompute, _ activations: ActivationPrecision = .float32) -> TrainingSettings {
        TrainingSettings(
            steps: 1, firstStep: 0, batchSize: 4, microBatchSize: 4, sequenceLength: 1024,
            schedule: LearningRateSchedule(peak: 1e-3, final: 1e-3, warmupSteps: 0, totalSteps: 1, restartSteps: 0),
            optimizer: OptimizerSettings(beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1),
            seed: 1, numerics: .canonical, activations: activations, recompute: recompute)
    }

    @Test func `weights, gradients and moments are sixteen bytes a parameter`() {
        let need = need()
        #expect(need.weights + need.gradients + need.optimizer == 16 * ParameterLayout(model).count)
    }

    @Test func `recomputing blocks needs at most 35 percent of the activations' memory`() {
        #expect(need(.block).activations * 100 <= need().activations * 35)
        #expect(need(.attention).activations < need().activations)
        #expect(need(.block).activations < need(.attention).activations)
    }

    @Test func `bfloat16 needs at most 55 percent of the activations' memory`() {
        #expect(need(.none, .bfloat16).activations * 100 <= need().activations * 55)
    }

    @Test func `a limit is met with the least recomputation that fits`() throws {
        func fitting(_ limit: Int, from recompute: Recompute = .none) -> Recompute? {
            settings(recompute).fitting(limit, model: model, tokens: 4097, threads: 2)?.recompute
        }
        #expect(fitting(.max) == Recompute.none)
        #expect(fitting(.max, from: .attention) == .attention)
        #expect(fitting(need().total) == Recompute.none)
        #expect(fitting(need().total - 1) == .attention)
        #expect(fitting(need(.attention).total - 1) == .block)
        #expect(fitting(need(.block).total - 1) == nil)
        #expect(fitting(0) == nil)
    }
}
