import Datasets
import WorkUnits

extension Recipe {
    public var modelConfiguration: ModelConfiguration {
        ModelConfiguration(
            layers: model.layers, width: model.width, heads: model.heads, vocabulary: tokenizer.vocabulary,
            context: model.context)
    }

    /// Tokens that an optimizer step trains on.
    public var tokensPerStep: Int { unit.batchSize * unit.sequenceLength }

    /// Tokens that the longest unit trains on: every sequence of every step, and the one to predict after the last.
    public var tokensPerShard: Int { unit.steps * tokensPerStep + 1 }

    /// Tokens in a row that stay together when the text is mixed.
    public var tokensPerPassage: Int { data.passageSequences * unit.sequenceLength }

    /// The settings of one unit.
    ///
    /// - Parameters:
    ///   - steps: of this unit; nil for the most.
    ///   - firstStep: how many steps the schedule has moved on before: base version · steps.
    ///   - seed: draws the order of the unit's sequences.
    public func trainingSettings(steps: Int? = nil, firstStep: Int, seed: UInt64) -> TrainingSettings {
        TrainingSettings(
            steps: steps ?? unit.steps, firstStep: firstStep, batchSize: unit.batchSize,
            microBatchSize: unit.microBatchSize,
            sequenceLength: unit.sequenceLength,
            schedule: LearningRateSchedule(
                peak: optimizer.learningRate, final: optimizer.finalLearningRate, warmupSteps: optimizer.warmupSteps,
                totalSteps: federation.versions * unit.steps, restartSteps: optimizer.restartSteps),
            optimizer: OptimizerSettings(
                kind: optimizer.kind, beta1: optimizer.beta1, beta2: optimizer.beta2, epsilon: optimizer.epsilon,
                weightDecay: optimizer.weightDecay, clipNorm: optimizer.clipNorm,
                momentum: optimizer.momentum, proximal: optimizer.proximal),
            seed: seed, numerics: unit.numerics, activations: unit.activations, recompute: unit.recompute)
    }

    /// What the data become, and how.
    ///
    /// - Parameter given: the tokenizer that `tokenizer.file` names.
    public func datasetPlan(given: Digest?) -> DatasetPlan {
        DatasetPlan(
            seed: seed, sources: data.sources, cleaning: data.clean, nearDuplicates: data.nearDuplicates,
            validation: DatasetPlan.Validation(
                share: data.validation.share, files: data.validation.files, maximumTokens: data.validation.tokens),
            tokenizer: given.map { .given($0) }
                ?? .trained(
                    vocabulary: tokenizer.vocabulary, pattern: tokenizer.pattern, specialTokens: tokenizer.special,
                    sampleBytes: tokenizer.sampleMegabytes << 20),
            sequenceLength: unit.sequenceLength, passageTokens: tokensPerPassage, shardTokens: tokensPerShard)
    }

    /// A path of the recipe as seen from where the recipe's path is.
    public static func resolve(_ path: String, forRecipeAt recipePath: String) -> String {
        let folder = recipePath.lastIndex(of: "/").map { recipePath[...$0] } ?? ""
        return path.hasPrefix("/") ? path : folder + path
    }
}
