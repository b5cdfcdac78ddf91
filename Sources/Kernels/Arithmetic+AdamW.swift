import CKernels

/// The numbers of one AdamW step (Loshchilov and Hutter, 2019, algorithm 2), the same for all parameters but for `decay`.
public struct AdamWStep: Sendable {
    public var learningRate: Double
    public var beta1: Double
    public var beta2: Double
    public var epsilon: Double
    /// Counts from 1, for the correction of the moments' bias towards zero.
    public var number: Int
    /// Multiplies the gradients first: clipping.
    public var gradientScale: Double

    public init(
        learningRate: Double, beta1: Double, beta2: Double, epsilon: Double, number: Int, gradientScale: Double
    ) {
        precondition(number >= 1, "steps count from 1")
        self.learningRate = learningRate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.number = number
        self.gradientScale = gradientScale
    }

    /// `1 - beta^number` by repeated squaring: the same bits everywhere.
    public static func correction(_ beta: Double, _ number: Int) -> Double {
        var (power, factor, rest) = (1.0, beta, number)
        while rest > 0 {
            if !rest.isMultiple(of: 2) { power *= factor }
            factor *= factor
            rest /= 2
        }
        return 1 - power
    }
}

extension Arithmetic {
    /// One pass over weights, gradients and both moments, all one row of the same length.
    ///
    /// With `g' = gradientScale · g`: `m = β₁ m + (1 - β₁) g'`, `v = β₂ v + (1 - β₂) g'²`,
    /// `w = w (1 - rate · decay) - rate · m̂ / (√v̂ + ε)`, where the hats divide by `1 - βᵗ`.
    public func adamW(
        _ step: AdamWStep, decay: Double, weights: Matrix, gradients: Matrix, mean: Matrix, square: Matrix
    ) {
        for row in [weights, gradients, mean, square] { require(row, is: (1, weights.columns)) }
        let rate = step.learningRate / AdamWStep.correction(step.beta1, step.number)
        let root = 1 / AdamWStep.correction(step.beta2, step.number).squareRoot()
        loops.adamw(
            weights.columns, weights.base, gradients.base, mean.base, square.base, Float(step.gradientScale),
            Float(step.beta1), Float(step.beta2), Float(1 - step.learningRate * decay), Float(rate), Float(root),
            Float(step.epsilon))
    }
}
