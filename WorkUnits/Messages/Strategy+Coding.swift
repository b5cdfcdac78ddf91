extension Strategy: Codable {
    private enum Key: String, CodingKey {
        case kind, serverLearningRate, momentum, momentumWarmup, beta1, beta2, epsilon, robustness, averaging, stepCodec

        init(_ parameter: Kind.Parameter) {
            switch parameter {
            case .momentum: self = .momentum
            case .momentumWarmup: self = .momentumWarmup
            case .beta1: self = .beta1
            case .beta2: self = .beta2
            case .epsilon: self = .epsilon
            }
        }
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        let kind = try values.decode(Kind.self, forKey: .kind)
        func used(_ parameter: Kind.Parameter) throws -> Double? {
            guard kind.parameters.contains(parameter) else { return nil }
            return try values.decode(Double.self, forKey: Key(parameter))
        }
        self.init(
            kind: kind, serverLearningRate: try values.decode(Double.self, forKey: .serverLearningRate),
            momentum: try used(.momentum),
            momentumWarmup: try values.decodeIfPresent(Double.self, forKey: .momentumWarmup) ?? 0,
            beta1: try used(.beta1), beta2: try used(.beta2), epsilon: try used(.epsilon),
            robustness: try values.decodeIfPresent(Robustness.self, forKey: .robustness) ?? Robustness(),
            averaging: try values.decodeIfPresent(Double.self, forKey: .averaging) ?? 0,
            stepCodec: try values.decodeIfPresent(UpdateCodec.self, forKey: .stepCodec))
    }

    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(kind, forKey: .kind)
        try values.encode(serverLearningRate, forKey: .serverLearningRate)
        for parameter in kind.parameters where parameter != .momentumWarmup || momentumWarmup != 0 {
            try values.encode(self[parameter], forKey: Key(parameter))
        }
        if robustness != Robustness() { try values.encode(robustness, forKey: .robustness) }
        if averaging != 0 { try values.encode(averaging, forKey: .averaging) }
        try values.encodeIfPresent(stepCodec, forKey: .stepCodec)
    }
}
