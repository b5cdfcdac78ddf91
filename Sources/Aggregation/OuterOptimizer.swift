import WorkUnits

/// How a version follows from the one before and the pseudo-gradient Δ: one file for each kind.
///
/// All arithmetic is in double precision, parameter by parameter; weights and moments are rounded once to float32.
protocol OuterOptimizer: Sendable {
    /// Makes the step for every parameter of a chunk.
    func advance(_ chunk: inout OuterChunk)
}

/// Some consecutive parameters on their way through a merge.
struct OuterChunk {
    /// The place of the first in the layout.
    var start: Int
    /// Δ: what the contributions ask for.
    var pseudoGradient: [Double]
    /// The previous version's; the next one's after `advance`.
    var weights: [Float]
    /// Momentum or first moment, likewise; empty where there is none.
    var momentum: [Float]
    /// Likewise.
    var secondMoment: [Float]
    var statistics = StepStatistics()

    /// - Parameter step: the change of a parameter from Δ, its momentum and its second moment, which it moves on. They are
    ///   0 where the chunk has none.
    @inline(__always)
    mutating func forEach(_ step: (_ delta: Double, _ momentum: inout Double, _ second: inout Double) -> Double) {
        var statistics = StepStatistics()
        for index in pseudoGradient.indices {
            let delta = pseudoGradient[index]
            var first = momentum.isEmpty ? 0 : Double(momentum[index])
            var second = secondMoment.isEmpty ? 0 : Double(secondMoment[index])
            let before = first
            let change = step(delta, &first, &second)
            statistics.add(delta: delta, change: change, momentum: before)
            weights[index] = Float(Double(weights[index]) + change)
            if !momentum.isEmpty { momentum[index] = Float(first) }
            if !secondMoment.isEmpty { secondMoment[index] = Float(second) }
        }
        self.statistics = statistics
    }

    /// The first parameter whose next weight or moment is infinite or no number.
    var notFinite: Int? {
        let position = [weights, momentum, secondMoment].compactMap { $0.firstIndex { !$0.isFinite } }.min()
        return position.map { start + $0 }
    }
}

extension Strategy {
    /// - Parameter isFirst: whether the previous version carried no state yet.
    func outerOptimizer(isFirst: Bool) -> any OuterOptimizer {
        let rate = serverLearningRate
        return switch kind {
        case .fedAvg: FedAvg(rate: rate)
        case .fedAvgM: FedAvgM(rate: rate, momentum: momentum)
        case .nesterov: Nesterov(rate: rate, momentum: momentum)
        case .diLoCo: DiLoCo(rate: rate, momentum: momentum, isFirst: isFirst)
        case .fedAdagrad: FedAdagrad(rate: rate, beta1: beta1, epsilon: epsilon, isFirst: isFirst)
        case .fedAdam: FedAdam(rate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon, isFirst: isFirst)
        case .fedYogi: FedYogi(rate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon, isFirst: isFirst)
        }
    }
}
