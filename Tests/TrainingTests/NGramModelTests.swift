import TestSupport
import Testing
import Training
import WorkUnits

struct NGramModelTests {
    /// The definition as it stands in the paper, with dictionaries and without any cleverness.
    private struct Plain {
        let order: Int
        let vocabulary: Int
        /// By n-gram, for each length.
        private var counts: [[[UInt32]: Double]] = []

        init(order: Int, tokens: [UInt32], vocabulary: Int) {
            (self.order, self.vocabulary) = (order, vocabulary)
            for length in 1...order {
                var count: [[UInt32]: Double] = [:]
                if length == order {
                    for start in 0...tokens.count - length {
                        count[Array(tokens[start..<start + length]), default: 0] += 1
                    }
                } else {
                    // Only n-grams that stand in one of the longest count.
                    let longest = (0...tokens.count - order).map { Array(tokens[$0..<$0 + order]) }
                    for longer in Set(longest.map { Array($0.suffix(length + 1)) }) {
                        count[Array(longer.dropFirst()), default: 0] += 1
                    }
                }
                counts.append(count)
            }
        }

        func probability(of token: UInt32, after text: [UInt32]) -> Double {
            let context = Array(text.suffix(order - 1))
            let level = counts[context.count]
            let lower =
                context.isEmpty
                ? 1 / Double(vocabulary)
                : probability(of: token, after: Array(context.dropFirst()), order: context.count)
            let following = level.filter { Array($0.key.dropLast()) == context }.map(\.value)
            let total = following.reduce(0, +)
            guard total > 0 else { return lower }
            let left = following.reduce(0) { $0 + discount($1, level) } / total
            let count = level[context + [token]] ?? 0
            return (count - discount(count, level)) / total + left * lower
        }

        private func probability(of token: UInt32, after text: [UInt32], order: Int) -> Double {
            probability(of: token, after: Array(text.suffix(order - 1)))
        }

        private func discount(_ count: Double, _ level: [[UInt32]: Double]) -> Double {
            func n(_ count: Double) -> Double { Double(level.values.count { $0 == count }) }
            guard count > 0 else { return 0 }
            guard n(1) > 0, n(2) > 0 else { return 0.5 }
            let y = n(1) / (n(1) + 2 * n(2))
            guard n(3) > 0, n(4) > 0 else { return y }
            let all = [1, 2, 3].map { $0 - ($0 + 1) * y * n($0 + 1) / n($0) }
            return zip(all, [1, 2, 3]).allSatisfy { $0 > 0 && $0 <= $1 } ? all[Int(min(count, 3)) - 1] : y
        }
    }

    /// Tokens that follow each other unevenly.
    private func text(_ count: Int, vocabulary: UInt32, seed: UInt64) -> [UInt32] {
        var random = SplitMix64(seed: seed)
        var tokens: [UInt32] = [0]
        while tokens.count < count {
            let last = tokens[tokens.count - 1]
            let jump = UInt32.random(in: 0..<vocabulary, using: &random)
            tokens.append(Bool.random(using: &random) ? (last * 3 + 1) % vocabulary : min(jump, jump * 7 % vocabulary))
        }
        return tokens
    }

    @Test func `a small example by hand`() throws {
        // Counts 3, 2, 1; one n-gram each of counts 1, 2, 3, none of 4: one discount of 1/3 for all.
        let tokens: [UInt32] = [0, 1, 0, 1, 0, 2]
        let unigram = try NGramModel(order: 1, tokens: tokens, vocabulary: 3)
        for (token, expected) in [(0, 1.0 / 2), (1, 1.0 / 3), (2, 1.0 / 6)] {
            #expect(abs(unigram.probability(of: UInt32(token), after: []) - expected) < 1e-12)
        }
        // 01 twice, 10 twice, 02 once: a discount of 1/5. Each token was seen after one other: 1/3 without context.
        let bigram = try NGramModel(order: 2, tokens: tokens, vocabulary: 3)
        let rows: [(UInt32, [Double])] = [
            (0, [0.4 / 9, 1.8 / 3 + 0.4 / 9, 0.8 / 3 + 0.4 / 9]), (1, [0.9 + 0.1 / 3, 0.1 / 3, 0.1 / 3]),
            (2, [1.0 / 3, 1.0 / 3, 1.0 / 3]),
        ]
        for (last, expected) in rows {
            for token in 0..<3 {
                #expect(abs(bigram.probability(of: UInt32(token), after: [last]) - expected[token]) < 1e-12)
            }
        }
    }

    @Test(arguments: [1, 2, 3], [30, 400, 3000])
    func `probabilities are positive, sum to 1 and agree with the plain definition`(order: Int, count: Int) throws {
        let vocabulary = 11
        let tokens = text(count, vocabulary: 10, seed: UInt64(count))
        let model = try NGramModel(order: order, tokens: tokens, vocabulary: vocabulary)
        let plain = Plain(order: order, tokens: tokens, vocabulary: vocabulary)
        var random = SplitMix64(seed: 3)
        for _ in 0..<30 {
            let context = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                UInt32.random(in: 0..<UInt32(vocabulary), using: &random)
            }
            let probabilities = (0..<UInt32(vocabulary)).map { model.probability(of: $0, after: context) }
            #expect(abs(probabilities.reduce(0, +) - 1) < 1e-12)
            for (token, probability) in probabilities.enumerated() {
                #expect(probability > 0)
                #expect(abs(probability - plain.probability(of: UInt32(token), after: context)) < 1e-12)
            }
            let best = probabilities.max() ?? 0
            #expect(model.probability(of: model.likeliest(after: context), after: context) == best)
        }
    }

    @Test func `it measures every token but the first, from all before it`() throws {
        let (training, held) = (text(2000, vocabulary: 10, seed: 1), text(300, vocabulary: 10, seed: 2))
        for order in 1...3 {
            let model = try NGramModel(order: order, tokens: training, vocabulary: 10)
            let metrics = try model.measure(tokens: held) { Int($0 % 3) }
            let probabilities = (1..<300).map { model.probability(of: held[$0], after: held[..<$0]) }
            #expect(metrics.tokens == 299)
            #expect(metrics.bytes == held.dropFirst().reduce(0) { $0 + Int($1 % 3) })
            #expect(abs(metrics.loss - probabilities.reduce(0) { $0 - logarithm($1) } / 299) < 1e-9)
            let bits = metrics.loss * 299 / 0.6931471805599453 / Double(metrics.bytes)
            #expect(abs(metrics.bitsPerByte - bits) < 1e-12)
            let hits = (1..<300).count { model.likeliest(after: held[..<$0]) == held[$0] }
            #expect(metrics.tokenAccuracy == Double(hits) / 299)
        }
    }

    @Test func `longer contexts help where the text has them`() throws {
        let (training, held) = (text(20_000, vocabulary: 10, seed: 1), text(2000, vocabulary: 10, seed: 2))
        let losses = try (1...2).map {
            try NGramModel(order: $0, tokens: training, vocabulary: 10).measure(tokens: held) { _ in 1 }.loss
        }
        #expect(losses[1] < losses[0] - 0.3)
    }

    @Test func `tokens beyond the vocabulary and texts that are too short are refused`() throws {
        #expect(throws: TrainingFailure.textTooShort(tokens: 2, needed: 3)) {
            try NGramModel(order: 3, tokens: [1, 2], vocabulary: 5)
        }
        #expect(throws: TrainingFailure.tokenOutsideVocabulary(5, position: 1, vocabulary: 5)) {
            try NGramModel(order: 1, tokens: [1, 5], vocabulary: 5)
        }
        let model = try NGramModel(order: 1, tokens: [1], vocabulary: 5)
        #expect(throws: TrainingFailure.tokenOutsideVocabulary(9, position: 1, vocabulary: 5)) {
            try model.measure(tokens: [1, 9]) { _ in 1 }
        }
        #expect(throws: TrainingFailure.textTooShort(tokens: 1, needed: 2)) {
            try model.measure(tokens: [1]) { _ in 1 }
        }
    }

    /// ln by halving and a series, so that the test does not share the code's C library call.
    private func logarithm(_ value: Double) -> Double {
        let exponent = Double(value.exponent)
        let ratio = (value.significand - 1) / (value.significand + 1)
        let series = stride(from: 59.0, through: 1, by: -2).reduce(0) { $0 * ratio * ratio + 1 / $1 }
        return exponent * 0.6931471805599453 + 2 * ratio * series
    }
}
