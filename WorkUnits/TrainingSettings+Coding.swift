// Fields that came later are left out of an encoding when they have the value that older encodings mean: their bytes stay.

extension TrainingSettings: Codable {
    private enum Key: String, CodingKey {
        case steps, firstStep, batchSize, microBatchSize, sequenceLength, schedule, optimizer, seed, numerics
        case activations, recompute
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        self.init(
            steps: try values.decode(Int.self, forKey: .steps),
            firstStep: try values.decode(Int.self, forKey: .firstStep),
            batchSize: try values.decode(Int.self, forKey: .batchSize),
            microBatchSize: try values.decode(Int.self, forKey: .microBatchSize),
            sequenceLength: try values.decode(Int.self, forKey: .sequenceLength),
            schedule: try values.decode(LearningRateSchedule.self, forKey: .schedule),
            optimizer: try values.decode(OptimizerSettings.self, forKey: .optimizer),
            seed: try values.decode(UInt64.self, forKey: .seed),
            numerics: try values.decode(Numerics.self, forKey: .numerics),
            activations: try values.decodeIfPresent(ActivationPrecision.self, forKey: .activations) ?? .float32,
            recompute: try values.decodeIfPresent(Recompute.self, forKey: .recompute) ?? .none)
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(steps, forKey: .steps)
        try values.encode(firstStep, forKey: .firstStep)
        try values.encode(batchSize, forKey: .batchSize)
        try values.encode(microBatchSize, forKey: .microBatchSize)
        try values.encode(sequenceLength, forKey: .sequenceLength)
        try values.encode(schedule, forKey: .schedule)
        try values.encode(optimizer, forKey: .optimizer)
        try values.encode(seed, forKey: .seed)
        try values.encode(numerics, forKey: .numerics)
        if activations != .float32 { try values.encode(activations, forKey: .activations) }
        if recompute != .none { try values.encode(recompute, forKey: .recompute) }
    }
}

extension OptimizerSettings: Codable {
    private enum Key: String, CodingKey {
        case kind, beta1, beta2, epsilon, weightDecay, clipNorm, momentum, proximal
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        self.init(
            kind: try values.decodeIfPresent(Kind.self, forKey: .kind) ?? .adamW,
            beta1: try values.decode(Double.self, forKey: .beta1),
            beta2: try values.decode(Double.self, forKey: .beta2),
            epsilon: try values.decode(Double.self, forKey: .epsilon),
            weightDecay: try values.decode(Double.self, forKey: .weightDecay),
            clipNorm: try values.decode(Double.self, forKey: .clipNorm),
            momentum: try values.decodeIfPresent(Double.self, forKey: .momentum) ?? Self.defaultMomentum,
            proximal: try values.decodeIfPresent(Double.self, forKey: .proximal) ?? 0)
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        if kind != .adamW { try values.encode(kind, forKey: .kind) }
        try values.encode(beta1, forKey: .beta1)
        try values.encode(beta2, forKey: .beta2)
        try values.encode(epsilon, forKey: .epsilon)
        try values.encode(weightDecay, forKey: .weightDecay)
        try values.encode(clipNorm, forKey: .clipNorm)
        if momentum != Self.defaultMomentum { try values.encode(momentum, forKey: .momentum) }
        if proximal != 0 { try values.encode(proximal, forKey: .proximal) }
    }
}
