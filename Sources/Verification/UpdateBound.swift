import WorkUnits

/// The furthest that the unit's optimizer, begun with empty moments, can move one parameter in a unit.
///
/// With m and v the moments after t steps, Cauchy and Schwarz give
/// |m| ≤ (1−β₁)/√(1−β₂) · √(Σᵢ₌₀ᵗ⁻¹ (β₁²/β₂)ⁱ) · √v whatever the gradients were; bias correction multiplies by
/// √(1−β₂ᵗ)/(1−β₁ᵗ), and ε only shortens the step. Every learning rate is at most the schedule's peak, and decay adds at
/// most `peak · weightDecay` of the weight's size at each step. So a larger change is no result of the unit, and one
/// poisoned update of strangers has a bounded effect on a merge. An update below the bound is not thereby honest.
///
/// Muon's direction has singular values of at most 1.2025 (the greatest value of a s + b s³ + c s⁵ for 0 ≤ s ≤ 1, an
/// interval from which five rounds never go further), and no element of a matrix exceeds its largest singular value. So
/// it moves an element of the widest matrix, `[C, 4C]`, by at most `rate · 0.2 √(4C) · 1.2025` at each step. With Muon
/// the greater of the two bounds holds for all parameters.
package struct UpdateBound {
    private let stepSum: Double
    private let decaySum: Double

    /// Room for float32 rounding in training and in the codec (bfloat16: 2⁻⁸ of the value).
    private static let slack = 1.02

    /// 1.2025, with room for the rounding of five products in float32.
    private static let muonDirection = 1.21

    package init(_ settings: TrainingSettings, model: ModelConfiguration) {
        let optimizer = settings.optimizer
        let ratio = optimizer.beta1 * optimizer.beta1 / max(optimizer.beta2, .leastNonzeroMagnitude)
        let scale = (1 - optimizer.beta1) / (1 - optimizer.beta2).squareRoot()
        var sum = 0.0
        var series = 0.0
        var ratioPower = 1.0
        var beta1Power = 1.0
        var beta2Power = 1.0
        for _ in 0..<settings.steps {
            series += ratioPower
            ratioPower *= ratio
            beta1Power *= optimizer.beta1
            beta2Power *= optimizer.beta2
            sum += scale * series.squareRoot() * (1 - beta2Power).squareRoot() / (1 - beta1Power)
        }
        if optimizer.kind == .muon {
            let step = 0.2 * Double(4 * model.width).squareRoot() * Self.muonDirection
            sum = max(sum, step * Double(settings.steps))
        }
        stepSum = sum * settings.schedule.peak
        decaySum = settings.schedule.peak * optimizer.weightDecay * Double(settings.steps)
    }

    /// The largest difference of a parameter that began as `weight`.
    package func largest(from weight: Float) -> Float {
        Float((stepSum + decaySum * (abs(Double(weight)) + stepSum)) * Self.slack)
    }
}
