import WorkUnits

extension Strategy {
    /// What hosts hold back comes late; a larger step makes up for it: docs/decisions/0034-topk-by-blocks.md.
    private static let usualRateWithTopK = 2.0

    /// The keys `strategy`, `robustness`, `averaging` and `stepCodec` of a federation.
    ///
    /// - Parameters:
    ///   - localSteps: of a unit.
    ///   - mergeEvery: contributions of a merge.
    ///   - maximumStaleness: versions that a contribution's base may be behind.
    init(
        _ federation: RecipeSection, localSteps: Int, mergeEvery: Int, maximumStaleness: Int, updateCodec: UpdateCodec
    ) throws(RecipeFailure) {
        let section = try federation.section(
            "strategy", keys: ["kind", "serverLearningRate"] + Kind.Parameter.allCases.map(\.rawValue), isOptional: true
        )
        let robustness = try federation.section("robustness", keys: ["rule", "hostile", "clip"], isOptional: true)
        // Momentum adds up with what comes late: with old bases, and with what topK holds back.
        let isPrompt = maximumStaleness == 0 && updateCodec != .topK
        let kind: Kind = try section.choice("kind", default: isPrompt ? .diLoCo : .fedAvg)
        for parameter in Kind.Parameter.allCases
        where section.isGiven(parameter.rawValue) && !kind.parameters.contains(parameter) {
            throw section.failure(parameter.rawValue, "has no effect with \(kind.rawValue); remove it")
        }
        self.init(
            kind: kind,
            serverLearningRate: try section.optionalNumber("serverLearningRate")
                ?? (kind == .fedAvg && updateCodec == .topK ? Self.usualRateWithTopK : nil),
            momentum: try section.optionalNumber("momentum"),
            momentumWarmup: try section.optionalNumber("momentumWarmup"), beta1: try section.optionalNumber("beta1"),
            beta2: try section.optionalNumber("beta2"), epsilon: try section.optionalNumber("epsilon"),
            localSteps: localSteps, robustness: try Robustness(robustness, updateCodec: updateCodec),
            averaging: try federation.number("averaging", default: 0),
            stepCodec: try federation.choice("stepCodec", default: StepCodec.int8).codec)
        do {
            try validate()
            try self.robustness.validate(contributions: mergeEvery)
        } catch {
            let place = [section, robustness].first { $0.contains(error.name) } ?? federation
            throw place.failure(error.name, error.reason)
        }
    }
}

/// What a recipe can ask for.
private enum StepCodec: String, CaseIterable {
    case none, bfloat16, int8, int4

    var codec: UpdateCodec? { UpdateCodec(rawValue: rawValue) }
}

extension Robustness {
    /// One in five is assumed to be hostile where a rule asks for a number and none is given.
    private static let usualHostile = 0.2

    fileprivate init(_ section: RecipeSection, updateCodec: UpdateCodec) throws(RecipeFailure) {
        let rule: Rule = try section.choice("rule", default: .mean)
        let clip: Clip = try section.choice("clip", default: updateCodec == .topK ? .none : .medianNorm)
        if updateCodec == .topK {
            guard clip == .none else {
                throw section.failure(
                    "clip", "cuts off what topK does not send again; write none, or take another updateCodec")
            }
            guard ![.trimmedMean, .median, .bulyan].contains(rule) else {
                throw section.failure(
                    "rule",
                    "\(rule) compares single parameters, of which topK sends few; take geometricMedian, or another "
                        + "updateCodec")
            }
        }
        self.init(
            rule: rule, hostile: try section.number("hostile", default: rule == .mean ? 0 : Self.usualHostile),
            clip: clip)
    }
}

extension RecipeSection {
    /// Nil where the key is not given.
    fileprivate func optionalNumber(_ key: String) throws(RecipeFailure) -> Double? {
        isGiven(key) ? try number(key) : nil
    }
}
