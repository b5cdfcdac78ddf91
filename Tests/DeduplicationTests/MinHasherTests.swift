import Deduplication
import TestSupport
import Testing

struct MinHasherTests {
    private func signature(_ text: String, _ parameters: MinHashParameters = .init()) throws -> [UInt32] {
        try MinHasher(parameters).signature(of: Array(text.utf8))
    }

    @Test(arguments: [
        ("The quick brown fox jumps over the lazy dog.", "the QUICK -- brown\tfox; jumps over the lazy\ndog"),
        ("ÉCOLE Ünïcode ŠKODA один Два τρία", "école ünïcode škoda ОДИН два ΤΡΊΑ"), ("two words", "Two, words!"),
        ("", "… — !"), ("日本語の文章です", "日本語、の文章 です。"), ("१२३ क\u{94D}ष", "(१२३) क\u{94D}ष"),
    ])
    func `case, punctuation and blanks do not count`(first: String, second: String) throws {
        #expect(try signature(first) == signature(second))
    }

    @Test(arguments: [
        ("one two three four five", "one two three four six"), ("one two", "two one"), ("one", "on e"), ("a", ""),
        ("a a a a a a", "a a a a a"), ("日本語の文章", "英語で書いた本"), ("ab cd", "abcd"), ("x1", "x2"),
    ])
    func `other words make another signature`(first: String, second: String) throws {
        let agreement = zip(try signature(first), try signature(second)).count { $0 == $1 }
        // One repeated word makes the same shingle, however often.
        #expect(first == "a a a a a a" ? agreement == 128 : agreement == 0)
    }

    @Test func `the seed changes every value, and a signature has as many as asked for`() throws {
        var parameters = MinHashParameters()
        let first = try signature("some words to be hashed here", parameters)
        parameters.seed = 1
        #expect(zip(first, try signature("some words to be hashed here", parameters)).allSatisfy { $0 != $1 })
        (parameters.permutations, parameters.bands, parameters.rows) = (60, 10, 6)
        #expect(try signature("a", parameters).count == 60)
    }

    @Test(arguments: [(20, 0.02), (20, 0.1), (60, 0.05), (300, 0.02), (300, 0.1), (2000, 0.03)])
    func `the share of equal values estimates the similarity as exactly as theory says`(
        length: Int, edits: Double
    ) throws {
        let corpus = PlantedCorpus(seed: 1, originals: 200, lengths: length...length, edits: [edits])
        let hasher = try MinHasher(.init())
        var (bias, squares, variance) = (0.0, 0.0, 0.0)
        for (copy, original) in corpus.originals {
            let similarity = corpus.similarity(copy, original, shingle: 5)
            let (a, b) = (hasher.signature(of: corpus.text(copy)), hasher.signature(of: corpus.text(original)))
            let error = Double(zip(a, b).count { $0 == $1 }) / 128 - similarity
            bias += error / 200
            squares += error * error / 200
            variance += similarity * (1 - similarity) / 128 / 200
        }
        // Five standard deviations of a mean of 200; the variance is at most MinHash's.
        #expect(abs(bias) < 5 * (variance / 200).squareRoot())
        #expect(squares < 1.5 * variance)
    }

    @Test func `bytes that are no text end, too`() throws {
        var random = SplitMix64(seed: 3)
        let hasher = try MinHasher(.init())
        for _ in 0..<300 {
            #expect(hasher.signature(of: random.bytes(Int.random(in: 0...30, using: &random))).count == 128)
        }
    }

    @Test func `parameters that no signature can have are refused`() {
        let changes: [(inout MinHashParameters) -> Void] = [
            { $0.shingleLength = 0 }, { $0.permutations = 0 }, { $0.bands = 22 }, { $0.rows = 0 }, { $0.bands = -1 },
            { $0.threshold = 0 }, { $0.threshold = 1.1 }, { $0.threshold = .nan }, { $0.rows = .max },
        ]
        for change in changes {
            var parameters = MinHashParameters()
            change(&parameters)
            #expect(throws: DeduplicationFailure.self) { try MinHasher(parameters) }
        }
    }

    @Test(arguments: [(0.5, 0.28), (0.6, 0.63), (0.7, 0.93), (0.8, 0.998), (0.0, 0.0), (1.0, 1.0)])
    func `the table of probabilities is the formula's`(similarity: Double, expected: Double) {
        #expect(abs(MinHashParameters().candidateProbability(similarity: similarity) - expected) < 0.006)
    }
}
