import LanguageModel
import Testing
import Training
import WorkUnits

/// A small computation and its parts.
struct Unit {
    var model = ModelConfiguration(layers: 2, width: 16, heads: 2, vocabulary: 23, context: 40)
    var settings = TrainingSettings(
        steps: 6, firstStep: 3, batchSize: 8, microBatchSize: 8, sequenceLength: 40,
        schedule: LearningRateSchedule(peak: 1e-2, final: 1e-3, warmupSteps: 4, totalSteps: 20, restartSteps: 2),
        optimizer: OptimizerSettings(beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1),
        seed: 11, numerics: .openblas)
    var tokens: [UInt32] = (0..<700).map { UInt32(($0 * $0 + $0 / 7) % 23) }
    var weights: [Float]

    init() {
        weights = InitialWeights(model: model, seed: 1).all()
    }

    func trainer(threads: Int = 1) throws -> Trainer {
        try Trainer(model: model, settings: settings, weights: weights, tokens: tokens, threads: threads)
    }

    func finished(threads: Int = 1) throws -> Trainer {
        let trainer = try trainer(threads: threads)
        while !trainer.isFinished { try trainer.takeStep() }
        return trainer
    }
}

struct TrainerTests {
    @Test func `training lowers the loss of a text that repeats itself`() throws {
        var unit = Unit()
        unit.tokens = (0..<700).map { UInt32($0 % 5) }
        (unit.settings.steps, unit.settings.schedule.totalSteps) = (40, 60)
        let losses = try unit.finished().losses
        #expect(losses.count == 40)
        #expect(abs(losses[0] - 3.135) < 0.1, "ln 23, before anything is learnt")
        #expect(losses[39] < 1)
    }

    @Test(arguments: [2, 3], Numerics.allCases)
    func `any number of threads gives the same bits`(threads: Int, numerics: Numerics) throws {
        var unit = Unit()
        unit.settings.numerics = numerics
        let (one, more) = (try unit.finished(), try unit.finished(threads: threads))
        #expect(one.losses == more.losses)
        #expect(one.weights() == more.weights())
        #expect(one.trace == more.trace)
    }

    @Test(arguments: Numerics.allCases, Recompute.allCases)
    func `a resumed trainer ends with the same bits, whatever it computes again`(
        numerics: Numerics, recompute: Recompute
    ) throws {
        var unit = Unit()
        unit.settings.numerics = numerics
        let whole = try unit.finished()
        let first = try unit.trainer()
        for _ in 0..<3 { try first.takeStep() }
        unit.settings.recompute = recompute
        let second = try unit.trainer(threads: 2)
        try second.restore(first.state())
        #expect(second.step == 3)
        while !second.isFinished { try second.takeStep() }
        #expect(second.weights() == whole.weights())
        #expect(second.losses == whole.losses)
        #expect(second.trace == whole.trace && whole.trace.weights.count == TrainingTrace.count(steps: whole.step))
        #expect(second.state() == whole.state())
    }

    @Test func `a damaged or foreign state is refused and changes nothing`() throws {
        let unit = Unit()
        let trainer = try unit.trainer()
        try trainer.takeStep()
        let (state, before) = (trainer.state(), trainer.weights())
        for place in [0, 9, 41, 50, state.count - 1] {
            var damaged = state
            damaged[place] ^= 4
            #expect(throws: TrainingFailure.self) { try trainer.restore(damaged) }
        }
        for count in [0, 7, 100, state.count - 1] {
            #expect(throws: TrainingFailure.self) { try trainer.restore(Array(state.prefix(count))) }
        }
        var other = unit
        other.settings.seed += 1
        #expect(throws: TrainingFailure.wrongState("it belongs to another work unit")) {
            try other.trainer().restore(state)
        }
        #expect(trainer.weights() == before && trainer.step == 1)
    }

    @Test func `micro-batches change the result by rounding only`() throws {
        var unit = Unit()
        let whole = try unit.finished()
        unit.settings.microBatchSize = 1
        let parts = try unit.finished()
        #expect(zip(whole.losses, parts.losses).allSatisfy { abs($0 - $1) < 1e-4 })
        #expect(whole.losses != [] && whole.weights() != unit.weights)
    }

    @Test func `what cannot be computed is refused before any arithmetic`() throws {
        func failure(_ change: (inout Unit) -> Void) throws -> TrainingFailure? {
            var unit = Unit()
            change(&unit)
            do {
                _ = try unit.trainer()
                return nil
            } catch let failure as TrainingFailure {
                return failure
            }
        }
        #expect(try failure { $0.tokens[5] = 23 } == .tokenOutsideVocabulary(23, position: 5, vocabulary: 23))
        #expect(try failure { $0.tokens = Array($0.tokens.prefix(40)) } == .textTooShort(tokens: 40, needed: 41))
        #expect(try failure { $0.tokens = Array($0.tokens.prefix(41)) } == nil)
        let count = Unit().weights.count
        #expect(try failure { $0.weights.removeLast() } == .wrongWeightCount(count - 1, expected: count))
        #expect(try failure { $0.weights[0] = .nan } == .nonFiniteWeight(tensor: "wte.weight"))
        #expect(try failure { $0.weights[$0.weights.count - 1] = -.infinity } == .nonFiniteWeight(tensor: "ln_f.bias"))
        #expect(try failure { $0.settings.sequenceLength = 41 } != nil)
        #expect(try failure { $0.model.heads = 3 } != nil)
    }

    @Test func `numbers that explode stop the unit and leave the weights alone`() throws {
        var unit = Unit()
        let layout = ParameterLayout(unit.model)
        let last = try #require(layout.tensors.last { $0.name == "ln_f.weight" })
        for index in last.range { unit.weights[index] = 3e38 }
        let trainer = try unit.trainer()
        #expect(throws: TrainingFailure.nonFiniteLoss(step: 0, place: "the final norm")) { try trainer.takeStep() }
        #expect(trainer.weights() == unit.weights && trainer.step == 0)
    }

    @Test(arguments: [
        ("wte.weight", "the sum of the embeddings"),
        ("h.0.attn.c_proj.bias", "the stream behind the attention of block 0"),
        ("h.0.mlp.c_proj.bias", "the output of block 0"),
    ])
    func `a loss that is not finite is reported with the place where it came from`(
        tensor: String, place: String
    ) throws {
        var unit = Unit()
        let found = try #require(ParameterLayout(unit.model).tensors.first { $0.name == tensor })
        for index in found.range { unit.weights[index] = index.isMultiple(of: 2) ? 3e38 : -3e38 }
        let trainer = try unit.trainer()
        #expect(throws: TrainingFailure.nonFiniteLoss(step: 0, place: place)) { try trainer.takeStep() }
    }

    @Test func `a finished unit takes no more steps`() throws {
        let trainer = try Unit().finished()
        #expect(throws: TrainingFailure.alreadyFinished(steps: 6)) { try trainer.takeStep() }
    }
}
