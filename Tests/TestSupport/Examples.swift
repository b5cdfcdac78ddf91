import WorkUnits

/// Small, valid values to begin a test with. Golden files hold them: do not change them, make others beside them.
extension ModelConfiguration {
    public static let tiny = ModelConfiguration(layers: 2, width: 8, heads: 2, vocabulary: 40, context: 16)
}

extension TrainingSettings {
    public static let tiny = TrainingSettings(
        steps: 3, firstStep: 0, batchSize: 4, microBatchSize: 2, sequenceLength: 8,
        schedule: LearningRateSchedule(peak: 1e-3, final: 1e-4, warmupSteps: 2, totalSteps: 100, restartSteps: 1),
        optimizer: OptimizerSettings(beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1),
        seed: 7, numerics: .openblas)
}

extension SigningKey {
    /// The same key for the same number, 0 ... 255.
    public static func example(_ number: UInt8) -> SigningKey {
        guard let key = SigningKey(seed: Array(repeating: number, count: 32)) else {
            preconditionFailure("any 32 bytes are a seed")
        }
        return key
    }
}

extension WorkUnit {
    /// A unit of `SigningKey.example(1)`'s project over this token shard.
    public static func example(index: Int = 5, shard: [UInt8], tokenCount: Int) -> WorkUnit {
        WorkUnit(
            project: SigningKey.example(1).verifyingKey, index: index,
            base: CheckpointReference(version: 3, weights: Digest(of: "base".utf8), bytes: 1000), model: .tiny,
            training: .tiny, shard: Digest(of: shard), tokenCount: tokenCount, updateCodec: .float32)
    }
}

extension UpdateManifest {
    public static func example(parameterCount: Int, codec: UpdateCodec = .float32) -> UpdateManifest {
        UpdateManifest(
            unit: Digest(of: "unit".utf8), base: Digest(of: "base".utf8), parameterCount: parameterCount, codec: codec,
            tokens: 96, losses: [3.5, 3.25, 3.125])
    }
}
