import LanguageModel
import TestSupport
import Testing
import Training
import Verification
import WorkUnits

struct LossTestTests {
    private func settings(steps: Int, batch: Int = 8, length: Int = 16) -> TrainingSettings {
        TrainingSettings(
            steps: steps, firstStep: 0, batchSize: batch, microBatchSize: batch, sequenceLength: length,
            schedule: LearningRateSchedule(peak: 1e-2, final: 1e-3, warmupSteps: 2, totalSteps: 100, restartSteps: 0),
            optimizer: OptimizerSettings(beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1),
            seed: 7, numerics: .canonical)
    }

    @Test func `a test costs no more than its share of the unit, and a unit too short for it has none`() throws {
        for (steps, batch, length) in [(64, 1, 1024), (64, 16, 128), (32, 16, 64), (1000, 64, 1024)] {
            let settings = settings(steps: steps, batch: batch, length: length)
            let test = try #require(LossTest(settings, share: 0.02))
            #expect(4 * test.count * test.length <= settings.tokens * 3 / 50)
            #expect(test.length <= length && test.count >= 4)
        }
        #expect(LossTest(settings(steps: 2), share: 0.02) == nil)
        #expect(LossTest(settings(steps: 64, batch: 16, length: 128), share: 0) == nil)
    }

    @Test func `training lowers the loss on its own text, and noise does not`() throws {
        let model = ModelConfiguration.tiny
        let settings = settings(steps: 40)
        let test = try #require(LossTest(settings, share: 0.1))
        let base = InitialWeights(model: model, seed: 1).all()
        // Every token is followed by one that depends on it alone.
        let text = (0..<641).map { UInt32($0 * 7 % 40) }
        let elsewhere = (0..<641).map { UInt32($0 * 11 % 40) }
        let trainer = try Trainer(model: model, settings: settings, weights: base, tokens: text, threads: 1)
        while !trainer.isFinished { try trainer.takeStep() }
        let trained = trainer.weights()

        let meter = LossMeter(test, model: model)
        func change(_ difference: (Int) -> Float) -> LossChange {
            let own = test.passages(of: text, random: CounterRandom(seed: 1, stream: 0))
            let other = test.passages(of: elsewhere, random: CounterRandom(seed: 1, stream: 0))
            meter.load { Array(base[$0]) }
            let before = LossChange(own: meter.loss(on: own), other: meter.loss(on: other))
            meter.add { $0.map(difference) }
            return LossChange(own: meter.loss(on: own) - before.own, other: meter.loss(on: other) - before.other)
        }
        let honest = change { trained[$0] - base[$0] }
        #expect(honest.own < -0.5 && honest.other > honest.own + 0.5)
        let random = CounterRandom(seed: 3, stream: 0)
        #expect(change { Float(random.unit(UInt64($0)) - 0.5) * 0.01 }.own > -0.05)
        #expect(change { _ in 0 } == LossChange(own: 0, other: 0))
    }

    @Test func `passages are drawn from the whole text`() throws {
        let test = try #require(LossTest(settings(steps: 64, batch: 16, length: 128), share: 0.02))
        let passages = test.passages(of: Array(0..<129), random: CounterRandom(seed: 1, stream: 0))
        #expect(passages == Array(repeating: LossTest.Passage(0..<129), count: test.count))
        let long = test.passages(of: Array(0..<10_000), random: CounterRandom(seed: 1, stream: 0))
        #expect(Set(long).count == long.count)
    }
}
