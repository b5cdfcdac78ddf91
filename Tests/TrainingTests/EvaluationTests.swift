import LanguageModel
import Testing
import Training
import WorkUnits

struct EvaluationTests {
    private func measure(
        _ unit: Unit, tokens: [UInt32]? = nil, length: Int = 40, threads: Int = 1, weights: [Float]? = nil
    ) throws(TrainingFailure) -> Metrics {
        try Evaluation.measure(
            model: unit.model, weights: weights ?? unit.weights, tokens: tokens ?? unit.tokens, sequenceLength: length,
            threads: threads, byteCount: { Int($0 % 3) })
    }

    @Test func `every token but the first is predicted once, the last sequence being shorter`() throws {
        for count in [2, 40, 41, 42, 80, 81, 700] {
            let unit = Unit()
            let tokens = Array(unit.tokens.prefix(count))
            let metrics = try measure(unit, tokens: tokens)
            #expect(metrics.tokens == count - 1)
            #expect(metrics.bytes == tokens.dropFirst().reduce(0) { $0 + Int($1 % 3) })
        }
    }

    @Test func `equal logits cost ln V, and are right where the lowest id comes`() throws {
        var unit = Unit()
        unit.weights = unit.weights.map { _ in 0 }
        let metrics = try measure(unit)
        let (logarithm, bits) = (3.1354942159291497, 4.523561956057013)
        #expect(abs(metrics.loss - logarithm) < 1e-6)
        #expect(abs(metrics.perplexity - 23) < 1e-4)
        #expect(abs(metrics.bitsPerByte - bits * Double(metrics.tokens) / Double(metrics.bytes)) < 1e-5)
        let zeros = unit.tokens.dropFirst().count { $0 == 0 }
        #expect(metrics.tokenAccuracy == Double(zeros) / 699)
    }

    @Test func `the loss of a text is the mean of its sequences' losses`() throws {
        let unit = Unit()
        let whole = try measure(unit, tokens: Array(unit.tokens.prefix(121)))
        let parts = try (0..<3).map { try measure(unit, tokens: Array(unit.tokens[$0 * 40...$0 * 40 + 40])) }
        #expect(abs(whole.loss - parts.map(\.loss).reduce(0, +) / 3) < 1e-6)
    }

    @Test func `it agrees with the loss that the trainer reports`() throws {
        var unit = Unit()
        unit.tokens = Array(unit.tokens.prefix(161))
        let report = try unit.trainer().takeStep()
        #expect(abs(try measure(unit).loss - Double(report.loss)) < 1e-6)
    }

    @Test(arguments: [2, 3])
    func `any number of threads measures the same`(threads: Int) throws {
        #expect(try measure(Unit(), threads: threads) == measure(Unit()))
    }

    @Test func `what cannot be measured is refused`() throws {
        let unit = Unit()
        #expect(throws: TrainingFailure.textTooShort(tokens: 1, needed: 2)) { try measure(unit, tokens: [1]) }
        #expect(throws: TrainingFailure.tokenOutsideVocabulary(99, position: 1, vocabulary: 23)) {
            try measure(unit, tokens: [1, 99])
        }
        #expect(throws: TrainingFailure.self) { try measure(unit, length: 41) }
        #expect(throws: TrainingFailure.self) { try measure(unit, length: 0) }
        #expect(throws: TrainingFailure.wrongWeightCount(0, expected: unit.weights.count)) {
            try measure(unit, weights: [])
        }
    }
}
