import Kernels
import LanguageModel
import Testing
import WorkUnits

struct GeneratorTests {
    private let model = GradientTests.model
    private let weights = GradientTests.weights

    private func generator(_ sampling: Sampling, seed: UInt64 = 1) throws -> Generator {
        try Generator(model: model, weights: weights, seed: seed, sampling: sampling)
    }

    private func continuation(of start: [UInt32], count: Int, _ sampling: Sampling, seed: UInt64 = 1) throws -> [UInt32]
    {
        var (generator, tokens) = (try generator(sampling, seed: seed), start)
        for _ in 0..<count { tokens.append(try generator.next(after: tokens)) }
        return tokens
    }

    @Test func `greedy continuation takes the argmax of the float64 reference at every length`() throws {
        let reference = ReferenceGPT(model, weights: weights)
        for first in 0..<UInt32(model.vocabulary) {
            let tokens = try continuation(of: [first], count: model.context, .greedy)
            for count in 1...model.context {
                let logits = reference.logits(Array(tokens[..<count])).suffix(model.vocabulary)
                let best = try #require(logits.indices.max { logits[$0] < logits[$1] })
                #expect(Int(tokens[count]) == best - logits.startIndex)
            }
        }
    }

    @Test func `what the generator has cached does not change the result`() throws {
        let sampling = Sampling(temperature: 1, topK: 5, topP: 0.9)
        let tokens = try continuation(of: [2, 3], count: 30, sampling)
        var used = try generator(sampling)
        for count in [20, 3, 2, 32, 31, 9] where count < tokens.count {
            #expect(try used.next(after: Array(tokens[..<count])) == tokens[count], "after \(count) tokens")
        }
        // A different past of the same length.
        let other = try generator(sampling).continued([4, 4, 4, 4])
        #expect(try used.continued([4, 4, 4, 4]) == other)
    }

    @Test func `one seed gives one text, another seed another`() throws {
        let sampling = Sampling(temperature: 1.5)
        let text = try continuation(of: [1], count: 40, sampling)
        #expect(try continuation(of: [1], count: 40, sampling) == text)
        #expect(try continuation(of: [1], count: 40, sampling, seed: 2) != text)
    }

    @Test func `top-k and top-p keep the most likely tokens only`() throws {
        let reference = ReferenceGPT(model, weights: weights)
        let shares = Reference.softmax(Array(reference.logits([3]).suffix(model.vocabulary)))
        let ranked = shares.indices.sorted { shares[$0] > shares[$1] }
        let half = ranked.indices.first { ranked[...$0].reduce(0) { $0 + shares[$1] } >= 0.5 } ?? 0
        func drawn(_ sampling: Sampling) throws -> Set<UInt32> {
            Set(try (0..<300).map { try generator(sampling, seed: $0).continued([3]) })
        }
        #expect(try drawn(Sampling(topK: 2)) == Set(ranked.prefix(2).map(UInt32.init)))
        #expect(try drawn(Sampling(topP: 0.5)) == Set(ranked[...half].map(UInt32.init)))
        #expect(try drawn(Sampling(temperature: 3)).count == model.vocabulary)
    }

    @Test func `draws follow the probabilities`() throws {
        let reference = ReferenceGPT(model, weights: weights)
        let shares = Reference.softmax(Array(reference.logits([3]).suffix(model.vocabulary)))
        var counts = [Double](repeating: 0, count: model.vocabulary)
        let draws = 2000
        for seed in 0..<UInt64(draws) { counts[Int(try generator(Sampling(), seed: seed).continued([3]))] += 1 }
        for (count, share) in zip(counts, shares) {
            #expect(abs(count / Double(draws) - share) < 4 * (share * (1 - share) / Double(draws)).squareRoot())
        }
    }

    @Test func `what cannot be continued is refused`() throws {
        var generator = try generator(.greedy)
        #expect(throws: GenerationFailure.nothingToContinue) { try generator.next(after: []) }
        #expect(throws: GenerationFailure.tokenOutsideVocabulary(7, vocabulary: 7)) {
            try generator.next(after: [1, 7])
        }
        #expect(throws: GenerationFailure.self) { try self.generator(Sampling(temperature: -1)) }
        #expect(throws: GenerationFailure.self) { try self.generator(Sampling(temperature: .nan)) }
        #expect(throws: GenerationFailure.self) { try self.generator(Sampling(topP: 0)) }
        #expect(throws: GenerationFailure.self) { try self.generator(Sampling(topK: -1)) }
        let short = GenerationFailure.wrongWeightCount(3, expected: weights.count)
        #expect(throws: short) { try Generator(model: model, weights: [1, 2, 3], seed: 1, sampling: .greedy) }
        var broken = try Generator(
            model: model, weights: weights.map { _ in .infinity }, seed: 1, sampling: .greedy)
        #expect(throws: GenerationFailure.nonFiniteLogits) { try broken.next(after: [1]) }
    }
}

extension Generator {
    fileprivate func continued(_ tokens: [UInt32]) throws -> UInt32 {
        var copy = self
        return try copy.next(after: tokens)
    }
}
