/// How far the update of a unit may move each parameter.
///
/// *Without error feedback*: as far as the unit's optimizer, begun with empty moments, can. With m and v the moments after t
/// steps, Cauchy and Schwarz give |m| ≤ (1−β₁)/√(1−β₂) · √(Σᵢ₌₀ᵗ⁻¹ (β₁²/β₂)ⁱ) · √v whatever the gradients were; bias
/// correction multiplies by √(1−β₂ᵗ)/(1−β₁ᵗ), and ε only shortens the step. Decay adds at most `rate · weightDecay` of the
/// weight's size at each step, float32 its rounding. So a larger change is no result of the unit, and one poisoned update of strangers has a bounded
/// effect on a merge. An update below the bound is not thereby honest.
///
/// Muon's direction has singular values of at most 1.2025 (the greatest value of a s + b s³ + c s⁵ for 0 ≤ s ≤ 1, an
/// interval from which five rounds never go further), and no element of a matrix exceeds its largest singular value. So
/// it moves an element of the widest matrix, `[C, 4C]`, by at most `rate · 0.2 √(4C) · 1.2025` at each step. With Muon
/// the greater of the two bounds holds for all parameters.
///
/// *With error feedback* an update can bring what many have held back, so the worker itself cuts it at `limit`, and keeps what
/// it cuts off. Where one of s values is sent, that is √s times as far as training goes: the update as a whole is then no
/// longer than one that sends all of them.
public struct UpdateBound: Sendable {
    private let stepSum: Double
    private let decaySum: Double
    private let reach: Double
    /// Values that a codec may take for each other's: none comes out larger than the largest of them goes in.
    private let sharing: Int

    /// Room for the codec (a scale, rounded up to bfloat16, by 2⁻⁷) and for what training rounds of a step.
    private static let slack = 1.02

    /// What a step of training rounds of the weight itself: of decay's factor, of its product, and of the sum. At the small
    /// rates of a warm-up that is more than the step.
    private static let rounding = 0x1p-22

    /// 1.2025, with room for the rounding of five products in float32.
    private static let muonDirection = 1.21

    public init(_ unit: WorkUnit) {
        let (settings, optimizer) = (unit.training, unit.training.optimizer)
        let ratio = optimizer.beta1 * optimizer.beta1 / max(optimizer.beta2, .leastNonzeroMagnitude)
        let scale = (1 - optimizer.beta1) / (1 - optimizer.beta2).squareRoot()
        let muonStep =
            optimizer.kind == .muon ? 0.2 * Double(4 * unit.model.width).squareRoot() * Self.muonDirection : 0
        var (adamSum, muonSum, rateSum) = (0.0, 0.0, 0.0)
        var series = 0.0
        var (ratioPower, beta1Power, beta2Power) = (1.0, 1.0, 1.0)
        for step in 0..<settings.steps {
            series += ratioPower
            ratioPower *= ratio
            beta1Power *= optimizer.beta1
            beta2Power *= optimizer.beta2
            let rate = settings.schedule.largestRate(step: step, firstStep: settings.firstStep)
            adamSum += rate * scale * series.squareRoot() * (1 - beta2Power).squareRoot() / (1 - beta1Power)
            muonSum += rate * muonStep
            rateSum += rate
        }
        stepSum = max(adamSum, muonSum)
        decaySum = rateSum * optimizer.weightDecay + Double(settings.steps) * Self.rounding
        reach = unit.errorFeedback ? Double(unit.updateCodec.sparsity).squareRoot() : 1
        sharing = unit.updateCodec.valuesPerScale
    }

    /// How far a parameter that began as `weight` may go from there; with error feedback, where its worker cuts.
    public func limit(from weight: Float) -> Float {
        Float((stepSum + decaySum * (abs(Double(weight)) + stepSum)) * reach)
    }

    /// The magnitudes that the codec may make of differences within the limits.
    ///
    /// - Parameter weights: what the parameters of a chunk began as.
    /// - Returns: the largest for each of them.
    public func largest(from weights: [Float]) -> [Float] {
        var result: [Float] = []
        result.reserveCapacity(weights.count)
        for start in stride(from: 0, to: weights.count, by: sharing) {
            let block = weights[start..<min(start + sharing, weights.count)]
            result += repeatElement(largest(from: Float(bitPattern: block.largestMagnitudeBits)), count: block.count)
        }
        return result
    }

    private func largest(from weight: Float) -> Float {
        min(Float(Double(limit(from: weight)) * Self.slack), .greatestFiniteMagnitude)
    }

    /// The first difference of a chunk that is not finite, or that no codec makes of one within the limits; nil if there is none.
    ///
    /// - Parameter weights: what the parameters of the chunk began as. Nobody asks for them where no difference is larger than a
    ///   weight of 0 may have, which is nearly everywhere.
    public func firstExcess(
        in differences: [Float], from weights: () throws -> [Float]
    ) rethrows -> (index: Int, largest: Float)? {
        guard differences.largestMagnitudeBits > largest(from: 0).bitPattern else { return nil }
        let largest = largest(from: try weights())
        // The comparison is false for NaN.
        let index = differences.indices.first { !(differences[$0].magnitude <= largest[$0]) }
        return index.map { ($0, largest[$0]) }
    }
}

extension LearningRateSchedule {
    /// No less than the rate of a unit's step, and without a cosine.
    package func largestRate(step: Int, firstStep: Int) -> Double {
        let restart = step < restartSteps ? Double(step + 1) / Double(restartSteps) : 1
        return restart * largestRate(globalStep: firstStep + step)
    }

    /// (1 + cos πp) / 2 = cos² (πp / 2), and cos (πp / 2) is at most 1 − p² (Kober, 1944), and at least π/4 of it.
    private func largestRate(globalStep: Int) -> Double {
        guard globalStep >= warmupSteps else { return peak * Double(globalStep + 1) / Double(warmupSteps) }
        guard globalStep < totalSteps, final < peak else { return final }
        let progress = Double(globalStep - warmupSteps) / Double(totalSteps - warmupSteps)
        let fall = 1 - progress * progress
        return final + (peak - final) * fall * fall
    }
}
