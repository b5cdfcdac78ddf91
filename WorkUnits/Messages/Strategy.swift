/// How contributions become the next version: `robustness` combines them into one pseudo-gradient Δ, the outer optimizer
/// makes a step of it, and a running average of the versions may be kept beside them.
///
/// An encoding has the parameters that the kind uses, and robustness, averaging and step codec only where there is any.
public struct Strategy: Hashable, Sendable {
    /// The outer optimizer. docs/federation.md has formulas and papers.
    public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
        /// Federated averaging (McMahan et al., 2017).
        case fedAvg
        /// Heavy-ball momentum (Hsu et al., 2019).
        case fedAvgM
        /// Nesterov's momentum, as the deep-learning frameworks write it.
        case nesterov
        /// Nesterov's momentum as Douillard et al., 2023, use it, warmed up, and scaled for short local runs.
        case diLoCo
        /// Reddi et al., 2021, algorithm 2, as are the two below.
        case fedAdagrad
        case fedAdam
        case fedYogi
    }

    public let kind: Kind
    /// η, above 0 and at most 100.
    public var serverLearningRate: Double
    /// μ; 0 where the kind has none.
    public let momentum: Double
    /// Versions after which momentum may be a half: it is min(μ, v / (v + this)) after version v. 0: μ from version 1 on, and
    /// where the kind has none.
    public let momentumWarmup: Double
    /// Decay of the first moment; 0 where the kind has none.
    public let beta1: Double
    /// Decay of the second moment; 0 where the kind has none.
    public let beta2: Double
    /// The degree of adaptivity, Reddi's τ; 0 where the kind has none.
    public let epsilon: Double
    public var robustness: Robustness
    /// How much of the average of versions stays at each merge; 0: no average is kept.
    public var averaging: Double
    /// How the step from version to version is rounded before it is taken, and published; nil: it is not.
    public var stepCodec: UpdateCodec?

    /// - Parameters:
    ///   - momentum: as the others, nil takes the kind's usual value; ignored where the kind has none.
    ///   - localSteps: scales DiLoCo's usual momentum; see `usualMomentum(localSteps:)`.
    public init(
        kind: Kind, serverLearningRate: Double? = nil, momentum: Double? = nil, momentumWarmup: Double? = nil,
        beta1: Double? = nil, beta2: Double? = nil, epsilon: Double? = nil, localSteps: Int = Kind.longRun,
        robustness: Robustness = Robustness(), averaging: Double = 0, stepCodec: UpdateCodec? = nil
    ) {
        let used = kind.parameters
        self.kind = kind
        self.serverLearningRate = serverLearningRate ?? kind.usualServerLearningRate
        self.momentum = used.contains(.momentum) ? momentum ?? kind.usualMomentum(localSteps: localSteps) : 0
        self.momentumWarmup = used.contains(.momentumWarmup) ? momentumWarmup ?? Kind.usualMomentumWarmup : 0
        self.beta1 = used.contains(.beta1) ? beta1 ?? kind.usualBeta1 : 0
        self.beta2 = used.contains(.beta2) ? beta2 ?? 0.99 : 0
        self.epsilon = used.contains(.epsilon) ? epsilon ?? 1e-3 : 0
        self.robustness = robustness
        self.averaging = averaging
        self.stepCodec = stepCodec
    }

    /// What a version made by this strategy carries to the next.
    public var stateParts: Set<OuterState.Part> {
        var parts: Set<OuterState.Part> = []
        if kind != .fedAvg { parts.insert(.momentum) }
        if kind.parameters.contains(.epsilon) { parts.insert(.secondMoment) }
        if averaging > 0 { parts.insert(.average) }
        if robustness.clip == .medianNorm { parts.insert(.norms) }
        return parts
    }
}

extension Strategy.Kind {
    /// Parameters beside the server learning rate.
    public enum Parameter: String, CodingKey, Hashable, Sendable, CaseIterable {
        case momentum, momentumWarmup, beta1, beta2, epsilon
    }

    public var parameters: Set<Parameter> {
        switch self {
        case .fedAvg: []
        case .fedAvgM, .nesterov: [.momentum]
        case .diLoCo: [.momentum, .momentumWarmup]
        case .fedAdagrad: [.beta1, .epsilon]
        case .fedAdam, .fedYogi: [.beta1, .beta2, .epsilon]
        }
    }

    /// Local steps from which DiLoCo's usual momentum is 0.9.
    public static let longRun = 175

    /// 0.9, and for DiLoCo min(0.9, 0.7 · (localSteps / 64)^¼): after short local runs successive pseudo-gradients resemble each
    /// other, and momentum adds up to 1 / (1 − μ) times the step.
    ///
    /// | local steps | 16 | 32 | 64 | 128 | from 175 |
    /// |---|---|---|---|---|---|
    /// | μ | 0.49 | 0.59 | 0.70 | 0.83 | 0.9 |
    public func usualMomentum(localSteps: Int) -> Double {
        self == .diLoCo ? min(0.9, 0.7 * (Double(localSteps) / 64).squareRoot().squareRoot()) : 0.9
    }

    static let usualMomentumWarmup = 9.0

    /// 0.01 for the adaptive kinds, whose step is about η for each parameter; otherwise 1.
    public var usualServerLearningRate: Double {
        switch self {
        case .fedAvg, .fedAvgM, .nesterov, .diLoCo: 1
        case .fedAdagrad, .fedAdam, .fedYogi: 0.01
        }
    }

    /// None for Adagrad, otherwise 0.9: what Reddi et al. used.
    fileprivate var usualBeta1: Double { self == .fedAdagrad ? 0 : 0.9 }
}
