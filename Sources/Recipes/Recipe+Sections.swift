import Tokenization
import WorkUnits

extension Recipe.Model {
    init(_ section: RecipeSection) throws(RecipeFailure) {
        layers = try section.integer("layers")
        width = try section.integer("width")
        heads = try section.integer("heads")
        context = try section.integer("context")
    }
}

extension Recipe.Tokenizer {
    static let keys = ["vocabulary", "pattern", "special", "sampleMegabytes", "file"]

    init(_ section: RecipeSection) throws(RecipeFailure) {
        vocabulary = try section.integer("vocabulary", in: 257...100_000)
        pattern = try section.choice("pattern", default: .gpt2)
        special = section.isGiven("special") ? try section.texts("special") : []
        sampleMegabytes = try section.integer("sampleMegabytes", in: 1...4096, default: 256)
        file = section.isGiven("file") ? try section.text("file", length: 1...4096) : nil
        if file != nil, let key = ["pattern", "special", "sampleMegabytes"].first(where: section.isGiven) {
            throw section.failure(key, "has no effect where tokenizer.file names a tokenizer; remove one")
        }
    }
}

extension Recipe.Validation {
    init(_ section: RecipeSection, sequenceLength: Int) throws(RecipeFailure) {
        share = try section.number("share", default: 0.05)
        guard share > 0, share < 1 else { throw section.failure("share", "\(share) is not between 0 and 1") }
        files = section.isGiven("files") ? try section.texts("files") : []
        guard files.isEmpty || !section.isGiven("share") else {
            throw section.failure("share", "has no effect where validation.files names what is held out; remove one")
        }
        let oneSequence = max(sequenceLength, 1) + 1
        tokens = try section.integer(
            "tokens", in: oneSequence...max(TokenShard.maximumTokens, oneSequence), default: max(16_384, oneSequence))
    }
}

extension Recipe.Unit {
    init(_ section: RecipeSection, model: Recipe.Model) throws(RecipeFailure) {
        steps = try section.integer("steps", in: 1...1_000_000)
        leastSteps = try section.integer("leastSteps", in: 1...steps, default: steps)
        guard steps.isMultiple(of: leastSteps) else {
            throw section.failure("leastSteps", "\(leastSteps) does not divide steps, which is \(steps)")
        }
        minutes = try section.number("minutes", default: 20)
        guard (0.01...100_000).contains(minutes) else {
            throw section.failure("minutes", "\(minutes) is not between 0.01 and 100000")
        }
        guard !section.isGiven("minutes") || leastSteps < steps else {
            throw section.failure(
                "minutes", "has no effect while all units have \(steps) steps: give leastSteps as well")
        }
        batchSize = try section.integer("batchSize", in: 1...65_536)
        microBatchSize = try section.integer("microBatchSize", in: 1...65_536, default: batchSize)
        sequenceLength = try section.integer("sequenceLength", in: 1...1_048_576, default: model.context)
        numerics = try section.choice("numerics", default: .canonical)
        activations = try section.choice("activations", default: .float32)
        recompute = try section.choice("recompute", default: .none)
    }
}

extension Recipe.Optimizer {
    init(_ section: RecipeSection) throws(RecipeFailure) {
        kind = try section.choice("kind", default: .adamW)
        learningRate = try section.number("learningRate", default: 1e-3)
        finalLearningRate = try section.number("finalLearningRate", default: learningRate / 100)
        warmupSteps = try section.integer("warmupSteps", default: 50)
        restartSteps = try section.integer("restartSteps", default: 10)
        beta1 = try section.number("beta1", default: 0.9)
        beta2 = try section.number("beta2", default: 0.95)
        epsilon = try section.number("epsilon", default: 1e-8)
        weightDecay = try section.number("weightDecay", default: 0.1)
        clipNorm = try section.number("clipNorm", default: 1)
        momentum = try section.number("momentum", default: OptimizerSettings.defaultMomentum)
        proximal = try section.number("proximal", default: 0)
    }
}

extension Recipe.Federation {
    init(_ section: RecipeSection, unit: Recipe.Unit) throws(RecipeFailure) {
        versions = try section.integer("versions", in: 1...1_000_000)
        mergeEvery = try section.integer("mergeEvery", in: 1...100_000)
        maximumStaleness = try section.integer("maximumStaleness", in: 0...1000, default: 0)
        quorum = try section.integer("quorum", in: 1...100, default: 1)
        deadlineSeconds = try section.number("deadlineSeconds", default: 600)
        guard (1...31_536_000).contains(deadlineSeconds) else {
            throw section.failure("deadlineSeconds", "\(deadlineSeconds) is not between a second and a year")
        }
        updateCodec = try section.choice("updateCodec", default: .int4)
        errorFeedback = try section.flag("errorFeedback", default: updateCodec == .topK)
        tolerance = try Self.tolerance(section, numerics: unit.numerics, codec: updateCodec)
        strategy = try Strategy(
            section, localSteps: unit.steps, mergeEvery: mergeEvery, maximumStaleness: maximumStaleness,
            updateCodec: updateCodec)
        snapshotEvery = try section.integer("snapshotEvery", in: 1...256, default: strategy.stepCodec == nil ? 1 : 16)
        guard snapshotEvery == 1 || strategy.stepCodec != nil else {
            throw section.failure(
                "snapshotEvery", "needs steps: with stepCodec: none every version stays whole; remove it")
        }
        let audits = try section.section("audit", keys: ["share", "patienceSeconds"], isOptional: true)
        audit = Audit(rule: AuditRule(share: 0), patienceSeconds: 0)
        checks = try Checks(section.section("checks", keys: ["cohort", "lossTestShare"], isOptional: true))
        if let reason = errorFeedbackDefect { throw section.failure("errorFeedback", reason) }
        audit = try Audit(
            audits, deadlineSeconds: deadlineSeconds, numerics: unit.numerics, defect: auditDefect)
    }

    /// Nearest cheats are more than twice as far as that, honest machines a tenth (docs/trust.md).
    private static func tolerance(
        _ section: RecipeSection, numerics: Numerics, codec: UpdateCodec
    ) throws(RecipeFailure) -> Double? {
        guard numerics != .canonical else {
            guard !section.isGiven("tolerance") else {
                throw section.failure(
                    "tolerance", "has no effect with unit.numerics: canonical, which gives the same bytes; remove it")
            }
            return nil
        }
        let tolerance = try section.number("tolerance", default: codec == .int4 ? 0.02 : 0.005)
        guard (0.0001...0.5).contains(tolerance) else {
            throw section.failure("tolerance", "\(tolerance) is not between 0.0001 and 0.5")
        }
        return tolerance
    }

    /// Why answers cannot be audited; nil when they can.
    private var auditDefect: String? {
        if quorum > 1 { return "has no effect with a quorum, which compares every answer already" }
        if errorFeedback { return "with error feedback, no other host can give the same answer" }
        return nil
    }

    /// Why error feedback cannot be as it is; nil for nothing.
    private var errorFeedbackDefect: String? {
        switch (updateCodec, errorFeedback) {
        case (.topK, false): return "topK trains only if hosts keep what it leaves out; leave this key away"
        case (.float32, true): return "has no effect with float32, which leaves nothing out; remove it"
        case (_, true) where quorum > 1:
            return "makes each host's update another, so no \(quorum) can agree; take a quorum of 1, or another codec"
        default: return nil
        }
    }
}

extension AdmissionRule {
    init(_ section: RecipeSection) throws(RecipeFailure) {
        let isInvitation = try section.flag("invitationOnly", default: false)
        guard !isInvitation || !section.isGiven("proofBits") else {
            throw section.failure("proofBits", "has no effect where only the invited take part; remove one")
        }
        guard case .open(let standard) = Self.standard, !isInvitation else {
            self = .invitation
            return
        }
        self = .open(proofBits: try section.integer("proofBits", in: Self.proofBits, default: standard))
    }
}

extension Recipe.Federation.Audit {
    /// - Parameter defect: why nothing can be audited.
    init(
        _ section: RecipeSection, deadlineSeconds: Double, numerics: Numerics, defect: String?
    ) throws(RecipeFailure) {
        let share = try section.number("share", default: defect == nil && numerics == .canonical ? 0.05 : 0)
        guard (0...1).contains(share) else { throw section.failure("share", "\(share) is not between 0 and 1") }
        if share > 0, let defect { throw section.failure("share", defect) }
        rule = AuditRule(share: share)
        patienceSeconds = try section.number("patienceSeconds", default: deadlineSeconds)
        guard (1...31_536_000).contains(patienceSeconds) else {
            throw section.failure("patienceSeconds", "\(patienceSeconds) is not between a second and a year")
        }
    }
}

extension Recipe.Federation.Checks {
    init(_ section: RecipeSection) throws(RecipeFailure) {
        cohort = try section.flag("cohort", default: true)
        lossTestShare = try section.number("lossTestShare", default: cohort ? 0.015 : 0)
        guard (0...0.1).contains(lossTestShare) else {
            throw section.failure("lossTestShare", "\(lossTestShare) is not between 0 and 0.1")
        }
        guard cohort || lossTestShare == 0 else {
            throw section.failure("lossTestShare", "has no effect with cohort: false, which compares nothing")
        }
    }
}
