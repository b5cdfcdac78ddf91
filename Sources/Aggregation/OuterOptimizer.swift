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
        let count = pseudoGradient.count
        precondition(
            weights.count == count && [0, count].contains(momentum.count) && [0, count].contains(secondMoment.count),
            "numbers for each parameter")
        let before = momentum
        let changes = [Double](unsafeUninitializedCapacity: count) { changes, initialized in
            weights.withUnsafeMutableBufferPointer { weights in
                momentum.withUnsafeMutableBufferPointer { momentum in
                    secondMoment.withUnsafeMutableBufferPointer { secondMoment in
                        // A loop for each case: without branches, for the compiler to make vector instructions of.
                        if momentum.isEmpty {
                            for index in 0..<count {
                                var (first, second) = (0.0, 0.0)
                                changes[index] = step(pseudoGradient[index], &first, &second)
                            }
                        } else if secondMoment.isEmpty {
                            for index in 0..<count {
                                var (first, second) = (Double(momentum[index]), 0.0)
                                changes[index] = step(pseudoGradient[index], &first, &second)
                                momentum[index] = Float(first)
                            }
                        } else {
                            for index in 0..<count {
                                var (first, second) = (Double(momentum[index]), Double(secondMoment[index]))
                                changes[index] = step(pseudoGradient[index], &first, &second)
                                momentum[index] = Float(first)
                                secondMoment[index] = Float(second)
                            }
                        }
                        for index in 0..<count { weights[index] = Float(Double(weights[index]) + changes[index]) }
                    }
                }
            }
            initialized = count
        }
        statistics = StepStatistics(deltas: pseudoGradient, changes: changes, momentum: before)
    }

    /// The first parameter whose next weight or moment is infinite or no number.
    var notFinite: Int? {
        let position = [weights, momentum, secondMoment].compactMap { $0.firstNotFinite }.min()
        return position.map { start + $0 }
    }
}

extension [Float] {
    /// The place of the first number that is infinite or none. Looks for it only if there is one, which is found out faster.
    fileprivate var firstNotFinite: Int? {
        largestMagnitudeBits < Float.infinity.bitPattern ? nil : firstIndex { !$0.isFinite }
    }
}

extension Strategy {
    /// - Parameter version: what is stepped from; 0 carries no state yet.
    func outerOptimizer(after version: Int) -> any OuterOptimizer {
        let rate = serverLearningRate
        let isFirst = version == 0
        return switch kind {
        case .fedAvg: FedAvg(rate: rate)
        case .fedAvgM: FedAvgM(rate: rate, momentum: momentum)
        case .nesterov: Nesterov(rate: rate, momentum: momentum)
        case .diLoCo: DiLoCo(rate: rate, momentum: momentum, warmup: momentumWarmup, version: version)
        case .fedAdagrad: FedAdagrad(rate: rate, beta1: beta1, epsilon: epsilon, isFirst: isFirst)
        case .fedAdam: FedAdam(rate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon, isFirst: isFirst)
        case .fedYogi: FedYogi(rate: rate, beta1: beta1, beta2: beta2, epsilon: epsilon, isFirst: isFirst)
        }
    }
}
