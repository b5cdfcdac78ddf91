import LanguageModel
import WorkUnits

/// The memory of a training computation in bytes, counted by the code that allocates it.
public struct MemoryNeed: Hashable, Sendable {
    public var weights: Int
    public var gradients: Int
    /// Moments; with Muon what it works in, too, and with FedProx the base.
    public var optimizer: Int
    /// What the forward pass leaves for the backward pass.
    public var activations: Int
    /// Gradients of activations, logits of some tokens, packed factors, what threads work in.
    public var working: Int
    public var tokens: Int

    /// The program itself, its libraries and buffers: measured (docs/performance.md), about the same for all units.
    public static let program = 24 << 20

    public var total: Int {
        weights + gradients + optimizer + activations + working + tokens + Self.program
    }

    /// - Parameter tokens: of the unit.
    public init(model: ModelConfiguration, settings: TrainingSettings, tokens: Int, threads: Int) {
        let bytes = MemoryLayout<Float>.size
        let parameters = ParameterLayout(model).count
        let memory = GPT.trainingMemory(
            model, sequences: settings.microBatchSize, length: settings.sequenceLength, threads: threads,
            numerics: settings.numerics, settings.activations, settings.recompute)
        weights = parameters * bytes
        gradients = parameters * bytes
        optimizer =
            bytes
            * (Optimizer.memory(model, settings.optimizer, numerics: settings.numerics, threads: threads)
                + ProximalTerm.memory(settings.optimizer, parameters: parameters, threads: threads))
        activations = memory.activations * bytes
        working = memory.working * bytes
        self.tokens = tokens * MemoryLayout<UInt32>.size
    }
}

extension TrainingSettings {
    /// With the least recomputation that fits, at least what is asked for: the result is the same. Nil when none does.
    public func fitting(_ limit: Int, model: ModelConfiguration, tokens: Int, threads: Int) -> TrainingSettings? {
        let levels = Recompute.allCases.drop { $0 != recompute }
        return levels.lazy.map { level in
            var settings = self
            settings.recompute = level
            return settings
        }.first { MemoryNeed(model: model, settings: $0, tokens: tokens, threads: threads).total <= limit }
    }
}
