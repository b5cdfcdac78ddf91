/// Everything beside weights and tokens that a training computation depends on.
public struct TrainingSettings: Hashable, Sendable {
    /// Optimizer steps (H) to take.
    public var steps: Int
    /// The first step's index in the schedule: how many steps the run has taken before.
    public var firstStep: Int
    /// Sequences per optimizer step (B).
    public var batchSize: Int
    /// Sequences whose activations are held at once; gradients of `batchSize / microBatchSize` of them are summed.
    public var microBatchSize: Int
    /// Tokens per sequence (T).
    public var sequenceLength: Int
    public var schedule: LearningRateSchedule
    public var optimizer: OptimizerSettings
    /// Draws the order of the sequences.
    public var seed: UInt64
    public var numerics: Numerics
    /// How the activations that backward reads are kept. Changes the result.
    public var activations: ActivationPrecision
    /// What is computed again instead of kept. The same bits for all: a worker short of memory may choose more.
    public var recompute: Recompute

    public init(
        steps: Int, firstStep: Int, batchSize: Int, microBatchSize: Int, sequenceLength: Int,
        schedule: LearningRateSchedule, optimizer: OptimizerSettings, seed: UInt64, numerics: Numerics,
        activations: ActivationPrecision = .float32, recompute: Recompute = .none
    ) {
        self.steps = steps
        self.firstStep = firstStep
        self.batchSize = batchSize
        self.microBatchSize = microBatchSize
        self.sequenceLength = sequenceLength
        self.schedule = schedule
        self.optimizer = optimizer
        self.seed = seed
        self.numerics = numerics
        self.activations = activations
        self.recompute = recompute
    }

    /// Tokens predicted by all steps together.
    public var tokens: Int { steps * batchSize * sequenceLength }

    /// Refuses what cannot be computed with this model.
    public func validate(for model: ModelConfiguration) throws(InvalidSetting) {
        try InvalidSetting.require("steps", steps, in: 1...1_000_000)
        try InvalidSetting.require("firstStep", firstStep, in: 0...1_000_000_000)
        try InvalidSetting.require("batchSize", batchSize, in: 1...65_536)
        try InvalidSetting.require("microBatchSize", microBatchSize, in: 1...65_536)
        guard batchSize.isMultiple(of: microBatchSize) else {
            throw InvalidSetting(
                name: "microBatchSize", reason: "batchSize \(batchSize) is not a multiple of \(microBatchSize)")
        }
        guard (1...model.context).contains(sequenceLength) else {
            throw InvalidSetting(
                name: "sequenceLength",
                reason: "\(sequenceLength) is not between 1 and the model's context of \(model.context)")
        }
        try schedule.validate()
        try optimizer.validate()
    }
}

/// Linear warm-up to `peak`, then a cosine down to `final`, by the step's index in the whole run.
public struct LearningRateSchedule: Codable, Hashable, Sendable {
    public var peak: Double
    public var final: Double
    public var warmupSteps: Int
    /// The step at which the cosine reaches `final`; later steps stay there.
    public var totalSteps: Int
    /// Steps over which each unit climbs back to the schedule, because it starts with empty optimizer moments. 0: none.
    public var restartSteps: Int

    public init(peak: Double, final: Double, warmupSteps: Int, totalSteps: Int, restartSteps: Int) {
        self.peak = peak
        self.final = final
        self.warmupSteps = warmupSteps
        self.totalSteps = totalSteps
        self.restartSteps = restartSteps
    }

    func validate() throws(InvalidSetting) {
        try InvalidSetting.require("peak", peak, in: 0...1000)
        try InvalidSetting.require("final", final, in: 0...1000)
        try InvalidSetting.require("warmupSteps", warmupSteps, in: 0...1_000_000_000)
        try InvalidSetting.require("totalSteps", totalSteps, in: 1...1_000_000_000)
        try InvalidSetting.require("restartSteps", restartSteps, in: 0...1_000_000)
    }
}

/// AdamW with decoupled weight decay (Loshchilov and Hutter, 2019, algorithm 2) and clipping by the global norm.
///
/// Decay applies to matrices only: not to norms, biases and embeddings.
public struct OptimizerSettings: Hashable, Sendable {
    public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
        case adamW
        /// Muon (Jordan et al., 2024) for the blocks' matrices, scaled to AdamW's step (Liu et al., 2025); AdamW for the rest.
        case muon
    }

    public var kind: Kind
    public var beta1: Double
    public var beta2: Double
    public var epsilon: Double
    public var weightDecay: Double
    /// Gradients are scaled down to this global L2 norm. 0: not clipped.
    public var clipNorm: Double
    /// Muon's Nesterov momentum.
    public var momentum: Double
    /// FedProx's μ (Li et al., 2020): how strongly the weights are drawn back to the unit's base. 0: not.
    public var proximal: Double

    /// What an encoding without it means.
    public static let defaultMomentum = 0.95

    public init(
        kind: Kind = .adamW, beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double, clipNorm: Double,
        momentum: Double = OptimizerSettings.defaultMomentum, proximal: Double = 0
    ) {
        self.kind = kind
        self.proximal = proximal
        self.momentum = momentum
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.clipNorm = clipNorm
    }

    func validate() throws(InvalidSetting) {
        try InvalidSetting.require("beta1", beta1, in: 0...0.999_999)
        try InvalidSetting.require("beta2", beta2, in: 0...0.999_999_9)
        try InvalidSetting.require("epsilon", epsilon, in: 1e-16...1)
        try InvalidSetting.require("weightDecay", weightDecay, in: 0...10)
        try InvalidSetting.require("clipNorm", clipNorm, in: 0...1e6)
        try InvalidSetting.require("momentum", momentum, in: 0...0.999)
        try InvalidSetting.require("proximal", proximal, in: 0...10)
    }
}

/// Which arithmetic a unit asks for.
public enum Numerics: String, Codable, Hashable, Sendable, CaseIterable {
    /// Products by OpenBLAS: equal on machines of the same class, within a tolerance elsewhere.
    case openblas
    /// The same bits on every processor, with any number of threads.
    case canonical
}

/// How activations are kept between the forward and the backward pass. Arithmetic is float32 in any case.
public enum ActivationPrecision: String, Codable, Hashable, Sendable, CaseIterable {
    case float32
    /// Half the memory; gradients see activations of 8 significant bits.
    case bfloat16
}

/// Gradient checkpointing (Chen et al., 2016): what the backward pass computes again.
public enum Recompute: String, Codable, Hashable, Sendable, CaseIterable {
    case none
    /// Queries, keys, values and attention's output of each block.
    case attention
    /// Everything in each block but its input.
    case block
}
