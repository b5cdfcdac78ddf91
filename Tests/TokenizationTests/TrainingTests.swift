import Testing
import TestSupport
import Tokenization

@Test func `the most frequent pair merges first, and of equals the one with the smaller ids`() throws {
    let tokenizer = try Tokenizer.train(on: ["cd cd cd ba ba dc dc"], vocabulary: 259)
    #expect(tokenizer.vocabulary == 259)
    #expect(tokenizer.decode([256]) == Array("cd".utf8))
    // " c" occurs twice as the first "cd" has no space; " b", " d" and "ba" twice too; "ba" has the smaller left id.
    #expect(tokenizer.decode([257]) == Array("ba".utf8))
}

@Test func `the order of documents changes nothing`() throws {
    let documents = ["one caravan", "two camels", "the caravan of camels", "three two one"]
    let one = try Tokenizer.train(on: documents, vocabulary: 280)
    let other = try Tokenizer.train(on: documents.reversed(), vocabulary: 280)
    #expect(one == other)
    #expect(try one.json() == other.json())
}

@Test func `learning stops when no pair occurs twice`() throws {
    let tokenizer = try Tokenizer.train(on: ["abc"], vocabulary: 1000)
    #expect(tokenizer.vocabulary == 257)
    #expect(tokenizer.endOfText == 256)
}

@Test func `merges never cross words`() throws {
    let tokenizer = try Tokenizer.train(on: [String(repeating: "x1 ", count: 100)], vocabulary: 300)
    #expect(tokenizer.encode("x1 x1").map { tokenizer.decode([$0]) } == ["x", "1", " x", "1"].map { Array($0.utf8) })
}

@Test(arguments: [0, 256, Tokenizer.vocabularyRange.upperBound + 1, -1])
func `a vocabulary that cannot be is refused`(vocabulary: Int) {
    #expect(throws: TokenizerFailure.vocabularyOutOfRange(vocabulary)) {
        try Tokenizer.train(on: ["text"], vocabulary: vocabulary)
    }
}

/// The specification: counts every pair of every word anew before each merge.
private func plainlyLearned(_ words: [[UInt8]], merges: Int, like tokenizer: Tokenizer) -> [[UInt8]] {
    var words = words.map { $0.map { tokenizer.encode(bytes: [$0])[0] } }
    var tokens = (0..<256 as Range<UInt32>).map { tokenizer.decode([$0]) }
    while tokens.count < 256 + merges {
        var counts: [[UInt32]: Int] = [:]
        for word in words { for pair in zip(word, word.dropFirst()) { counts[[pair.0, pair.1], default: 0] += 1 } }
        let best = counts.filter { $1 > 1 }.min {
            (-$0.value, $0.key[0], $0.key[1]) < (-$1.value, $1.key[0], $1.key[1])
        }
        guard let pair = best?.key else { break }
        let bytes = tokens[Int(pair[0])] + tokens[Int(pair[1])]
        let result = tokens.firstIndex(of: bytes) ?? tokens.count
        if result == tokens.count { tokens.append(bytes) }
        words = words.map { word in
            word.reduce(into: (merged: [UInt32](), mayMerge: false)) { state, token in
                if state.mayMerge, state.merged.last == pair[0], token == pair[1] {
                    state.merged[state.merged.count - 1] = UInt32(result)
                    state.mayMerge = false
                } else {
                    state.merged.append(token)
                    state.mayMerge = true
                }
            }.merged
        }
    }
    return tokens
}

@Test(arguments: 0..<20 as Range<UInt64>)
func `learning finds what counting everything anew finds`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let words = (0..<60).map { _ in
        (0..<Int.random(in: 1...9, using: &random)).map { _ in UInt8.random(in: 97...99, using: &random) }
    }
    let text = words.map { String(decoding: $0, as: UTF8.self) }
    let tokenizer = try Tokenizer.train(on: text, vocabulary: 257 + 60)
    let expected = plainlyLearned(words, merges: 60, like: tokenizer)
    #expect((0..<UInt32(tokenizer.vocabulary - 1)).map { tokenizer.decode([$0]) } == expected)
}
