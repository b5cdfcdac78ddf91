extension Strategy {
    /// Refuses a parameter out of its range, by its name in a recipe, with the range and the reason for it.
    public func validate() throws(InvalidSetting) {
        guard serverLearningRate > 0, serverLearningRate <= 100 else {
            throw InvalidSetting(
                name: "serverLearningRate", reason: "\(serverLearningRate) is not above 0 and at most 100")
        }
        for parameter in Kind.Parameter.allCases where kind.parameters.contains(parameter) {
            let (range, reason) = parameter.allowed
            guard range.contains(self[parameter]) else {
                throw InvalidSetting(
                    name: parameter.rawValue,
                    reason: "\(self[parameter]) is not between \(range.lowerBound) and \(range.upperBound): \(reason)")
            }
        }
        guard (0...0.9999).contains(averaging) else {
            throw InvalidSetting(
                name: "averaging",
                reason:
                    "\(averaging) is not between 0 and 0.9999: it is the share of the average that stays at a merge, "
                    + "and at 1 the average would stay at version 0")
        }
        guard stepCodec != .topK, stepCodec != .float32 else {
            throw InvalidSetting(
                name: "stepCodec",
                reason:
                    "a step as topK would leave most of it out for ever, one as float32 is no smaller than the weights")
        }
        try robustness.validate()
    }

    subscript(parameter: Kind.Parameter) -> Double {
        switch parameter {
        case .momentum: momentum
        case .momentumWarmup: momentumWarmup
        case .beta1: beta1
        case .beta2: beta2
        case .epsilon: epsilon
        }
    }
}

extension Strategy.Kind.Parameter {
    /// Which values work, and why no others.
    fileprivate var allowed: (range: ClosedRange<Double>, reason: String) {
        switch self {
        case .momentum: (0...0.99, "a step is repeated 1 / (1 - momentum) times in all, at 1 for ever")
        case .momentumWarmup: (0...1e6, "it is a number of versions; at 0 there is no warm-up")
        case .beta1: (0...0.99, "it is the share of the first moment that stays, and at 1 no update would count")
        case .beta2: (0...0.9999, "it is the share of the second moment that stays, and at 1 no update would count")
        case .epsilon:
            (1e-8...1, "steps are divided by at least this: 0 divides by nothing, above 1 nothing is adapted")
        }
    }
}
