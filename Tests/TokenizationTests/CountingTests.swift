import TestSupport
import Testing
import Tokenization

/// Texts of seeded words, in all about as long as asked for.
private func texts(bytes: Int, seed: UInt64, distinct: Int = 5000) -> [[UInt8]] {
    var random = SplitMix64(seed: seed)
    var (texts, count) = ([] as [[UInt8]], 0)
    while count < bytes {
        let words = (0..<Int.random(in: 1...400, using: &random)).map { _ in
            // The smaller of two draws, so that some words are more frequent than others.
            "w"
                + String(
                    min(Int.random(in: 0..<distinct, using: &random), Int.random(in: 0..<distinct, using: &random)),
                    radix: 36)
        }
        texts.append(Array((words.joined(separator: " ") + ".\n").utf8))
        count += texts[texts.count - 1].count
    }
    return texts
}

private func learned(
    _ texts: [[UInt8]], batch: Int, threads: Int, limits: WordCounts.Limits = WordCounts.Limits()
) throws -> (tokenizer: Tokenizer, timesForgotten: Int) {
    var counts = WordCounts(limits: limits)
    for start in stride(from: 0, to: texts.count, by: batch) {
        counts.add(texts[start..<min(start + batch, texts.count)], threads: threads)
    }
    let times = counts.timesForgotten
    return (try Tokenizer.train(on: counts, vocabulary: 400), times)
}

@Test func `neither threads nor batches change what is learned`() throws {
    let texts = texts(bytes: 3 << 20, seed: 1)
    let expected = try learned(texts, batch: texts.count, threads: 1)
    #expect(expected.timesForgotten == 0)
    #expect(expected.tokenizer.vocabulary == 400)
    for (batch, threads) in [(1, 1), (7, 2), (1000, 3)] {
        #expect(try learned(texts, batch: batch, threads: threads).tokenizer == expected.tokenizer)
    }
}

@Test func `where words are forgotten, neither threads nor batches change what is learned`() throws {
    let texts = texts(bytes: 3 << 20, seed: 2)
    let limits = WordCounts.Limits(words: 2000)
    let expected = try learned(texts, batch: texts.count, threads: 1, limits: limits)
    #expect(expected.timesForgotten > 0)
    #expect(expected.tokenizer.vocabulary == 400)
    #expect(expected.tokenizer != (try learned(texts, batch: 100, threads: 2).tokenizer))
    #expect(try learned(texts, batch: 11, threads: 2, limits: limits).tokenizer == expected.tokenizer)
}

@Test func `at most the limit of words is kept, and long words count by their bytes`() {
    var counts = WordCounts(limits: WordCounts.Limits(words: 1000, longWordBytes: 1 << 16))
    var random = SplitMix64(seed: 3)
    for _ in 0..<8 {
        let text = (0..<3000).map { _ in
            String((0..<300).map { _ in Character(Unicode.Scalar(UInt8.random(in: 97...122, using: &random))) })
        }
        counts.add([Array(text.joined(separator: " ").utf8)], threads: 2)
    }
    #expect(counts.timesForgotten > 0)
    #expect(counts.distinctWords <= 1000)
    #expect(counts.bytes == 8 * (3000 * 301 - 1))
}

@Test func `words of more than a thousand bytes teach nothing`() throws {
    let tokenizer = try Tokenizer.train(on: [String(repeating: "ab", count: 513)], vocabulary: 300)
    #expect(tokenizer.vocabulary == 257)
    #expect(try Tokenizer.train(on: [String(repeating: "ab", count: 512)], vocabulary: 300).vocabulary > 257)
}

@Test(arguments: SplitPattern.allCases)
func `a long text that threads share gets the ids of the whole`(pattern: SplitPattern) throws {
    var random = SplitMix64(seed: 4)
    let pieces =
        ["the caravan", " ", "\n", "'s", "'", "商队", "1234", "!", "\u{3000}", "é"].map { Array($0.utf8) } + [
            [0xFF], [0xE2],
        ]
    let long = (0..<300_000).flatMap { _ in pieces[Int.random(in: 0..<pieces.count, using: &random)] }
    let texts = [long, [], Array("x".utf8), long.reversed()]
    let tokenizer = try GoldenPattern.read(pattern).tokenizer
    let expected = texts.map { tokenizer.encode(bytes: $0) }
    #expect(tokenizer.encode(texts, threads: 1) == expected)
    let encoder = BatchEncoder(tokenizer, threads: 3)
    for _ in 0..<2 { #expect(encoder.encode(texts) == expected) }
    #expect(tokenizer.decode(expected[0]) == long)
    #expect(tokenizer.encode([], threads: 2) == [])
}

@Test func `special tokens stand behind the others and are never made from text`() throws {
    let tokenizer = try Tokenizer.train(
        on: [Golden.read().text, "<|pad|> <|pad|>"], vocabulary: 300, pattern: .gpt4,
        specialTokens: ["<|pad|>", "<|user|>"])
    #expect(tokenizer.vocabulary == 300)
    #expect(tokenizer.specialTokens.map(\.name) == ["<|endoftext|>", "<|pad|>", "<|user|>"])
    #expect(tokenizer.specialTokens.map(\.id) == [297, 298, 299])
    #expect(tokenizer.endOfText == 297)
    let text = "<|pad|><|user|><|endoftext|>"
    #expect(tokenizer.encode(text).allSatisfy { $0 < 297 })
    #expect(tokenizer.decode(tokenizer.encode(text)) == Array(text.utf8))
    #expect(try Tokenizer(json: tokenizer.json()) == tokenizer)
}

@Test(arguments: ["", "<|endoftext|>", "the", "Ġ", String(repeating: "x", count: 257)])
func `a special token that could be taken for another is refused`(name: String) {
    let text = String(repeating: "the the ", count: 50)
    #expect(throws: TokenizerFailure.badSpecialToken(name)) {
        try Tokenizer.train(on: [text], vocabulary: 300, specialTokens: [name])
    }
}

@Test func `a vocabulary too small for its special tokens is refused`() {
    #expect(throws: TokenizerFailure.vocabularyOutOfRange(257)) {
        try Tokenizer.train(on: ["text"], vocabulary: 257, specialTokens: ["<|pad|>"])
    }
}
