/// What a merge did, for logs and people. A version does not depend on it.
public struct MergeReport: Hashable, Sendable {
    /// ‖Δ‖₂ of the combined pseudo-gradient.
    public var pseudoGradientNorm: Double
    /// ‖x′ − x‖₂, before rounding.
    public var stepNorm: Double
    /// ⟨x′ − x, Δ⟩ / ‖Δ‖²: how many times the pseudo-gradient the step is, along it. For Nesterov's momentum η(1 + μ / (1 − μρ))
    /// in the long run, where ρ is the correlation of successive pseudo-gradients; nil when Δ is 0.
    public var realizedGain: Double?
    /// The cosine between Δ and the momentum before it; nil where there was none. Near 1, momentum multiplies; near 0, it
    /// averages noise out.
    public var momentumCosine: Double?
    /// Unit index and share of each contribution, by index; nil for rules by rank, where shares differ by parameter.
    public var shares: [Share]?
    /// Pairs of update and tensor that were clipped.
    public var clippedTensors: Int
    /// The most values of updates, at most 4 bytes each, that were in memory at a time.
    public var mostValuesHeld: Int

    public struct Share: Hashable, Sendable {
        public var index: Int
        /// 0 ... 1, all together 1; 0 for one that the rule left out.
        public var share: Double
    }

    /// Beyond what was seen in simulated runs that went well, where it grows to 4.5 as the run settles.
    public static let highGain = 6.0

    /// A hint when the step is much longer than the updates ask for, or nil.
    public var advice: String? {
        guard let realizedGain, realizedGain > Self.highGain else { return nil }
        let times = (realizedGain * 10).rounded() / 10
        return "the step is \(times) times the pseudo-gradient: if the loss rises, lower momentum or serverLearningRate"
    }
}

extension MergeReport: CustomStringConvertible {
    /// One line.
    public var description: String {
        var parts = ["step \(stepNorm.short), pseudo-gradient \(pseudoGradientNorm.short)"]
        if let realizedGain { parts.append("gain \(realizedGain.short)") }
        if let momentumCosine { parts.append("cosine to the momentum \(momentumCosine.short)") }
        if clippedTensors > 0 { parts.append("\(clippedTensors) tensors clipped") }
        if let advice { parts.append(advice) }
        return parts.joined(separator: ", ")
    }
}

extension Double {
    /// Four significant digits at most.
    fileprivate var short: Double {
        guard isFinite, self != 0 else { return self }
        var scale = 1.0
        while magnitude * scale < 1000 { scale *= 10 }
        return (self * scale).rounded() / scale
    }
}

/// Sums over parameters, in their order, that a report is made of.
struct StepStatistics {
    private(set) var delta = 0.0
    private(set) var change = 0.0
    private(set) var changeDelta = 0.0
    private(set) var momentum = 0.0
    private(set) var momentumDelta = 0.0

    /// Of no parameters.
    init() {}

    /// - Parameters:
    ///   - changes: as many as deltas.
    ///   - momentum: before the step; empty where there is none.
    init(deltas: [Double], changes: [Double], momentum: [Float]) {
        delta = Summation.dot(deltas, deltas)
        change = Summation.dot(changes, changes)
        changeDelta = Summation.dot(changes, deltas)
        guard !momentum.isEmpty else { return }
        let momenta = momentum.map(Double.init)
        self.momentum = Summation.dot(momenta, momenta)
        momentumDelta = Summation.dot(momenta, deltas)
    }

    static func += (left: inout StepStatistics, right: StepStatistics) {
        left.delta += right.delta
        left.change += right.change
        left.changeDelta += right.changeDelta
        left.momentum += right.momentum
        left.momentumDelta += right.momentumDelta
    }

    var realizedGain: Double? { delta > 0 ? changeDelta / delta : nil }

    var momentumCosine: Double? {
        let product = momentum.squareRoot() * delta.squareRoot()
        return product > 0 ? momentumDelta / product : nil
    }
}
