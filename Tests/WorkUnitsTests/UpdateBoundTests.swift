import TestSupport
import Testing
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

    /// Always the peak rate.
    private func settings(steps: Int, beta1: Double, beta2: Double) -> TrainingSettings {
        var settings = TrainingSettings.tiny
        settings.schedule = LearningRateSchedule(
            peak: 1e-3, final: 1e-3, warmupSteps: 0, totalSteps: 100, restartSteps: 0)
        settings.steps = steps
        settings.optimizer.beta1 = beta1
        settings.optimizer.beta2 = beta2
        return settings
    }

    private func unit(
        _ settings: TrainingSettings, model: ModelConfiguration = .tiny, codec: UpdateCodec = .float32,
        errorFeedback: Bool = false
    ) -> WorkUnit {
        var unit = WorkUnit.example(shard: [], tokenCount: 97)
        (unit.training, unit.model, unit.updateCodec, unit.errorFeedback) = (settings, model, codec, errorFeedback)
        return unit
    }

    @Test(arguments: [(0.9, 0.95), (0.9, 0.999), (0.5, 0.5), (0.95, 0.9), (0, 0)])
    func `no gradients move a parameter further than the bound`(beta1: Double, beta2: Double) throws {
        var random = SplitMix64(seed: 4)
        for steps in [1, 2, 7, 64] {
            let settings = settings(steps: steps, beta1: beta1, beta2: beta2)
            let bound = UpdateBound(unit(settings))
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
                let largest = try #require(bound.largest(from: [Float(weight)]).first)
                #expect(
                    distance(of: gradients, from: weight, settings) <= Double(largest), "\(steps) steps, kind \(kind)")
            }
        }
    }

    @Test func `the bound is within a small factor of what constant gradients reach`() {
        let settings = settings(steps: 64, beta1: 0.9, beta2: 0.95)
        let reached = distance(of: Array(repeating: 1, count: 64), from: 0, settings)
        #expect(Double(UpdateBound(unit(settings)).limit(from: 0)) < 4 * reached)
    }

    @Test func `a unit of small learning rates has a small bound`() {
        var settings = settings(steps: 64, beta1: 0.9, beta2: 0.95)
        let atPeak = UpdateBound(unit(settings)).limit(from: 1)
        settings.schedule.final = 1e-4
        settings.firstStep = 100
        #expect(UpdateBound(unit(settings)).limit(from: 1) < 0.11 * atPeak)
        settings.schedule.warmupSteps = 10_000
        #expect(UpdateBound(unit(settings)).limit(from: 1) < 0.02 * atPeak)
        settings.schedule = LearningRateSchedule(
            peak: 1e-4, final: 1e-3, warmupSteps: 0, totalSteps: 100, restartSteps: 0)
        #expect(UpdateBound(unit(settings)).limit(from: 1) == atPeak)
    }

    @Test func `rounding of weights that hardly move is no reason to refuse an update`() throws {
        var settings = TrainingSettings.tiny
        settings.steps = 16
        // A little more than half of the distance from 1 to the next smaller number: each step is rounded up to all of it.
        let rate = 3.1e-8
        settings.schedule = LearningRateSchedule(
            peak: rate, final: rate, warmupSteps: 0, totalSteps: 100, restartSteps: 0)
        let bound = UpdateBound(unit(settings))
        var weight: Float = 1
        for _ in 0..<settings.steps {
            weight *= Float(1 - rate * settings.optimizer.weightDecay)
            weight -= Float(rate)
        }
        #expect(1 - weight > 1.5 * Float(rate) * Float(settings.steps))
        #expect(try 1 - weight <= #require(bound.largest(from: [1]).first))
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
        let adamW = UpdateBound(unit(settings, model: wide)).limit(from: 0)
        #expect(adamW == UpdateBound(unit(settings)).limit(from: 0))
        settings.optimizer.kind = .muon
        let muon = Double(UpdateBound(unit(settings, model: wide)).limit(from: 0))
        #expect(muon > Double(adamW))
        #expect(muon >= 8 * settings.schedule.peak * 0.2 * 2048.0.squareRoot() * 1.2025)
    }

    @Test(arguments: UpdateCodec.allCases, [false, true])
    func `no codec makes differences within the limits too large`(codec: UpdateCodec, errorFeedback: Bool) throws {
        var random = SplitMix64(seed: 8)
        let settings = settings(steps: 16, beta1: 0.9, beta2: 0.95)
        let bound = UpdateBound(unit(settings, codec: codec, errorFeedback: errorFeedback))
        for round in 0..<20 {
            let weights = random.floats(1000, scale: round % 2 == 0 ? 0.1 : 30)
            // At the limit, some of them; the others anywhere below.
            let difference = weights.map { weight in
                let share = Float.random(in: -1.5...1.5, using: &random)
                return bound.limit(from: weight) * max(-1, min(share, 1))
            }
            let payload = try codec.encode(difference, first: 0, unit: Digest(of: "\(round)".utf8))
            let sent = try codec.decode(payload, count: 1000)
            for (value, largest) in zip(sent, bound.largest(from: weights)) { #expect(value.magnitude <= largest) }
        }
    }

    @Test(arguments: [UpdateCodec.float32, .int4])
    func `the first excess is found, and weights are looked at only where that of 0 is not enough`(
        codec: UpdateCodec
    ) throws {
        var random = SplitMix64(seed: 9)
        let bound = UpdateBound(unit(settings(steps: 16, beta1: 0.9, beta2: 0.95), codec: codec))
        let weights = random.floats(1000, scale: 30)
        let (least, largest) = (try #require(bound.largest(from: [0]).first), bound.largest(from: weights))
        func excess(_ change: (inout [Float]) -> Void) -> Int? {
            var differences = [Float](repeating: 0, count: 1000)
            change(&differences)
            return bound.firstExcess(in: differences) { weights }?.index
        }
        var isAsked = false
        #expect(
            bound.firstExcess(in: [Float](repeating: -least, count: 1000)) {
                isAsked = true
                return weights
            } == nil)
        #expect(!isAsked)
        #expect(excess { $0 = largest } == nil && excess { $0 = largest.map { -$0 } } == nil)
        for place in [0, 1, 255, 256, 700, 999] {
            #expect(excess { $0[place] = largest[place].nextUp } == place)
            for wrong in [Float.nan, -.nan, .infinity, -.infinity] {
                #expect(excess { ($0[place], $0[999]) = (wrong, .nan) } == place)
            }
        }
    }

    @Test func `error feedback reaches as far as keeps the whole update's length`() {
        let settings = settings(steps: 16, beta1: 0.9, beta2: 0.95)
        func limit(_ codec: UpdateCodec, _ errorFeedback: Bool) -> Float {
            UpdateBound(unit(settings, codec: codec, errorFeedback: errorFeedback)).limit(from: 0.5)
        }
        #expect(limit(.int4, true) == limit(.int4, false))
        #expect(limit(.topK, false) == limit(.int4, false))
        #expect(abs(limit(.topK, true) / limit(.topK, false) - Float(57).squareRoot()) < 1e-4)
    }
}
