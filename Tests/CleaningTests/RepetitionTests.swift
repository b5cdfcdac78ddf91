import Cleaning
import TestSupport
import Testing

struct RepetitionTests {
    // Seven lines, two of which were there before (blanks around a line do not count): 2/6 and 6/18.
    private let lines = "aaa\nbbb\n\n  aaa\nccc\nddd\nbbb  \n"

    @Test func `a line repeats when it was there before, blanks around it aside`() throws {
        #expect(try cleaned(lines, .repeatedLines(maximumShare: 0.34, maximumByteShare: 0.34)) == lines)
        #expect(try cleaned(lines, .repeatedLines(maximumShare: 0.33, maximumByteShare: 1)) == nil)
        #expect(try cleaned(lines, .repeatedLines(maximumShare: 1, maximumByteShare: 0.33)) == nil)
        #expect(
            try cleaned("a\nb\nc", .repeatedLines(maximumShare: 0, maximumByteShare: 0)) == "a\nb\nc")
        #expect(
            try cleaned("a\n\n\n\n\nb", .repeatedLines(maximumShare: 0, maximumByteShare: 0))
                == "a\n\n\n\n\nb")
    }

    @Test func `a share of bytes weighs lines by their length`() throws {
        let text = "a much longer line that occurs once only\nx\nx\nx\n"
        #expect(try cleaned(text, .repeatedLines(maximumShare: 1, maximumByteShare: 0.05)) == text)
        #expect(try cleaned(text, .repeatedLines(maximumShare: 0.49, maximumByteShare: 1)) == nil)
    }

    @Test func `paragraphs repeat as wholes`() throws {
        let text = "one\ntwo\n\none\nthree\n\n\none\ntwo"
        #expect(
            try cleaned(text, .repeatedParagraphs(maximumShare: 0.34, maximumByteShare: 0.34)) == text)
        #expect(try cleaned(text, .repeatedParagraphs(maximumShare: 0.33, maximumByteShare: 1)) == nil)
        #expect(
            try cleaned("a\na\na", .repeatedParagraphs(maximumShare: 0, maximumByteShare: 0)) == "a\na\na"
        )
    }

    @Test func `the most frequent n-gram counts with its bytes`() throws {
        // "of the" three times: 3 × 5 of 21 bytes.
        let text = "of the aa of the bb of the"
        #expect(try cleaned(text, .frequentNGram(length: 2, maximumShare: 0.79)) == text)
        #expect(try cleaned(text, .frequentNGram(length: 2, maximumShare: 0.78)) == nil)
        #expect(
            try cleaned("once is nothing", .frequentNGram(length: 3, maximumShare: 0))
                == "once is nothing")
    }

    @Test func `each word inside repeated n-grams counts once`() throws {
        // The second "a b c d" is covered by two repeated trigrams: 4 of 10 bytes.
        let text = "a b c d x a b c d y"
        #expect(try cleaned(text, .repeatedNGrams(length: 3, maximumShare: 0.40)) == text)
        #expect(try cleaned(text, .repeatedNGrams(length: 3, maximumShare: 0.39)) == nil)
        #expect(try cleaned(text, .repeatedNGrams(length: 5, maximumShare: 0)) == text)
        #expect(try cleaned("", .repeatedNGrams(length: 5, maximumShare: 0)) == "")
    }

    @Test(arguments: 0..<6 as Range<UInt64>)
    func `rules together and words of any length decide as counting word by word does`(
        seed: UInt64
    )
        throws
    {
        var random = SplitMix64(seed: seed)
        let vocabulary = (0..<12).map { String(repeating: "wörd\($0)", count: 1 + $0 % 5) }
        let lengths = [2, 3, 4, 5, 6, 10]
        var removed = 0
        for _ in 0..<300 {
            let words = (0..<Int.random(in: 1...60, using: &random)).map { _ in
                vocabulary[
                    min(Int.random(in: 0..<12, using: &random), Int.random(in: 0..<12, using: &random))]
            }
            let text = words.joined(separator: [" ", "\n", "  "][Int.random(in: 0..<3, using: &random)])
            let limits = lengths.map { _ in Double.random(in: 0...0.6, using: &random) }
            let steps = zip(lengths, limits).map { length, limit in
                length < 5
                    ? CleaningStep.frequentNGram(length: length, maximumShare: limit)
                    : .repeatedNGrams(length: length, maximumShare: limit)
            }
            let isKept = zip(lengths, limits).allSatisfy { length, limit in
                length < 5 ? frequentShare(words, length) <= limit : repeatedShare(words, length) <= limit
            }
            let cleaner = try Cleaner(steps)
            var tally = cleaner.tally
            #expect(
                (cleaner.clean(Array(text.utf8), document: 0, tally: &tally) != nil) == isKept,
                "\(text) \(limits)")
            removed += isKept ? 0 : 1
        }
        #expect(removed > 30 && removed < 290)
    }

    private func bytes(_ words: some Collection<String>) -> Int {
        words.reduce(0) { $0 + $1.utf8.count }
    }

    private func frequentShare(_ words: [String], _ length: Int) -> Double {
        guard words.count >= length else { return 0 }
        var counts: [[String]: Int] = [:]
        for start in 0...words.count - length {
            counts[Array(words[start..<start + length]), default: 0] += 1
        }
        let highest = counts.filter { $0.value > 1 }.map { $0.value * bytes($0.key) }.max() ?? 0
        return Double(highest) / Double(bytes(words))
    }

    private func repeatedShare(_ words: [String], _ length: Int) -> Double {
        guard words.count >= length else { return 0 }
        var seen: Set<[String]> = []
        var covered: Set<Int> = []
        for start in 0...words.count - length
        where !seen.insert(Array(words[start..<start + length])).inserted {
            covered.formUnion(start..<start + length)
        }
        return Double(covered.reduce(0) { $0 + words[$1].utf8.count }) / Double(bytes(words))
    }
}
