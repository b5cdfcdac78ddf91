import TestSupport
import Testing
import Verification
import WorkUnits

struct UpdateBoundTests {
    /// AdamW for one parameter, as Loshchilov and Hutter write it.
    private func distance(of gradients: [Double], from weight: Double, _ settings: TrainingSettings) -> Double {
        let optimizer = settings.optimizer
        var (value, mean, square) = (weight, 0.0, 0.0)
        for (step, gradient) in gradients.enumerated() {
            mean = optimizer.beta1 * mean + (1 - optimizer.beta1) * gradient
            square = optimizer.beta2 * square + (1 - optimizer.beta2) * gradient * gradient
            let count = Double(step + 1)
            let meanEstimate = mean / (1 - pow(optimizer.beta1, count))
            let squareEstimate = square / (1 - pow(optimizer.beta2, count))
            value -= settings.schedule.peak * optimizer.weightDecay * value
            value -= settings.schedule.peak * meanEstimate / (squareEstimate.squareRoot() + optimizer.epsilon)
        }
        return abs(value - weight)
    }

    private func pow(_ base: Double, _ exponent: Double) -> Double {
        (0..<Int(exponent)).reduce(1) { product, _ in product * base }
    }

    private func settings(steps: Int, beta1: Double, beta2: Double) -> TrainingSettings {
        var settings = TrainingSettings.tiny
        settings.steps = steps
        settings.optimizer.beta1 = beta1
        settings.optimizer.beta2 = beta2
        return settings
    }

    @Test(arguments: [(0.9, 0.95), (0.9, 0.999), (0.5, 0.5), (0.95, 0.9), (0, 0)])
    func `no gradients move a parameter further than the bound`(beta1: Double, beta2: Double) {
        var random = SplitMix64(seed: 4)
        for steps in [1, 2, 7, 64] {
            let settings = settings(steps: steps, beta1: beta1, beta2: beta2)
            let bound = UpdateBound(settings, model: .tiny)
            for kind in 0..<200 {
                let gradients = (0..<steps).map { step -> Double in
                    switch kind % 4 {
                    case 0: Double.random(in: -1...1, using: &random)
                    case 1: 1
                    case 2: pow(10, Double(Int.random(in: 0...12, using: &random)))
                    default: Double(1 << min(step, 60))
                    }
                }
                let weight = Double.random(in: -3...3, using: &random)
                #expect(
                    distance(of: gradients, from: weight, settings) <= Double(bound.largest(from: Float(weight))),
                    "\(steps) steps, kind \(kind)")
            }
        }
    }

    @Test func `the bound is within a small factor of what constant gradients reach`() {
        let settings = settings(steps: 64, beta1: 0.9, beta2: 0.95)
        let reached = distance(of: Array(repeating: 1, count: 64), from: 0, settings)
        #expect(Double(UpdateBound(settings, model: .tiny).largest(from: 0)) < 4 * reached)
    }

    @Test func `Muon's rounds never leave the interval that its bound assumes`() {
        // What one round makes of a singular value.
        func round(_ value: Double) -> Double {
            3.4445 * value - 4.7750 * pow(value, 3) + 2.0315 * pow(value, 5)
        }
        for index in 0...120_250 {
            let value = round(Double(index) / 100_000)
            #expect(value >= 0 && value < 1.2025)
        }
    }

    @Test func `Muon's bound is wider, and AdamW's does not depend on the model`() {
        var settings = settings(steps: 8, beta1: 0.9, beta2: 0.95)
        let wide = ModelConfiguration(layers: 1, width: 512, heads: 8, vocabulary: 40, context: 16)
        let adamW = UpdateBound(settings, model: wide).largest(from: 0)
        #expect(adamW == UpdateBound(settings, model: .tiny).largest(from: 0))
        settings.optimizer.kind = .muon
        let muon = Double(UpdateBound(settings, model: wide).largest(from: 0))
        #expect(muon > Double(adamW))
        #expect(muon >= 8 * settings.schedule.peak * 0.2 * 2048.0.squareRoot() * 1.2025)
    }
}
