import Kernels
import LanguageModel
import Testing
import Training
import WorkUnits

/// FedProx's term in the worker.
struct ProximalTests {
    private func unit(_ proximal: Double, numerics: Numerics = .canonical) -> Unit {
        var unit = Unit()
        unit.settings.numerics = numerics
        unit.settings.optimizer.proximal = proximal
        return unit
    }

    private func distance(_ trainer: Trainer, _ unit: Unit) -> Double {
        zip(trainer.weights(), unit.weights).reduce(0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }.squareRoot()
    }

    @Test func `the stronger the pull, the nearer the weights stay to the base`() throws {
        let distances = try [0, 0.1, 1, 10].map { distance(try unit($0).finished(), unit($0)) }
        #expect(distances == distances.sorted(by: >))
        #expect(distances[3] < 0.8 * distances[0])
    }

    @Test func `the first step knows no pull, the second has the gradient of the formula`() throws {
        func plain(_ proximal: Double) throws -> Trainer {
            var unit = unit(proximal)
            // Nothing but the gradient's direction: no moments of before, no decay, no clipping.
            unit.settings.optimizer = OptimizerSettings(
                beta1: 0, beta2: 0, epsilon: 1, weightDecay: 0, clipNorm: 0, proximal: proximal)
            return try unit.trainer()
        }
        let (free, drawn) = (try plain(0), try plain(5))
        let first = (try free.takeStep(), try drawn.takeStep())
        #expect(free.weights() == drawn.weights() && first.0.gradientNorm == first.1.gradientNorm)
        let (base, before) = (Unit().weights, free.weights())
        _ = (try free.takeStep(), try drawn.takeStep())
        // A step of rate · g / (|g| + 1) tells g.
        let rate = free.settings.schedule.rate(step: 1, firstStep: free.settings.firstStep)
        func gradient(_ after: Float, _ before: Float) -> Double {
            let step = Double(before - after) / rate
            return step / (1 - step.magnitude)
        }
        var (difference, size) = (0.0, 0.0)
        for index in base.indices {
            let pull = 5 * Double(before[index] - base[index])
            let found = gradient(drawn.weights()[index], before[index]) - gradient(free.weights()[index], before[index])
            difference += (found - pull) * (found - pull)
            size += pull * pull
        }
        #expect(size > 0)
        // What is left is the rounding of the weights, which a small step hardly rises above.
        #expect(difference.squareRoot() < 1e-2 * size.squareRoot())
    }

    @Test(arguments: Numerics.allCases, [OptimizerSettings.Kind.adamW, .muon])
    func `neither threads nor a state in between change a bit`(
        numerics: Numerics, kind: OptimizerSettings.Kind
    ) throws {
        var unit = unit(0.5, numerics: numerics)
        unit.settings.optimizer.kind = kind
        let whole = try unit.finished()
        #expect(try unit.finished(threads: 3).weights() == whole.weights())
        let first = try unit.trainer()
        for _ in 0..<3 { try first.takeStep() }
        let second = try unit.trainer(threads: 2)
        try second.restore(first.state())
        while !second.isFinished { try second.takeStep() }
        #expect(second.weights() == whole.weights())
        unit.settings.optimizer.proximal = 0
        #expect(try unit.finished().weights() != whole.weights())
    }

    @Test func `the base is counted in memory, and only where it is kept`() {
        func need(_ proximal: Double) -> Int {
            MemoryNeed(model: Unit().model, settings: unit(proximal).settings, tokens: 100, threads: 1).optimizer
        }
        let extra = need(0.1) - need(0)
        #expect(extra >= 4 * ParameterLayout(Unit().model).count)
        #expect(extra <= 4 * ParameterLayout(Unit().model).count + 4 << 15)
    }

    @Test(arguments: [-0.1, 10.1, .nan])
    func `a pull out of its range is refused`(proximal: Double) {
        #expect(throws: TrainingFailure.self) { try unit(proximal).trainer() }
    }
}
