import TestSupport
import Testing
import Tokenization

@Test(arguments: SplitPattern.allCases)
func `ids of both patterns are those of the Hugging Face package`(pattern: SplitPattern) throws {
    let golden = try GoldenPattern.read(pattern)
    #expect(golden.tokenizer.pattern == pattern)
    for example in golden.cases {
        #expect(golden.tokenizer.encode(example.text) == example.ids, "\(example.text.debugDescription)")
    }
}

@Test(arguments: SplitPattern.allCases)
func `learning with both patterns gives what the Hugging Face package learns`(pattern: SplitPattern) throws {
    let learned = try Tokenizer.train(
        on: [Golden.read().text], vocabulary: 332, pattern: pattern, specialTokens: ["<|pad|>"])
    #expect(learned == (try GoldenPattern.read(pattern).tokenizer))
}

/// The specification: the alternatives of a pattern, tried one after the other at each place.
private struct PlainSplitter {
    enum Kind { case letter, number, whitespace, other }

    let pattern: SplitPattern
    let scalars: [Unicode.Scalar]
    let kinds: [Kind]

    /// The ends of the words, in scalars.
    func ends() -> [Int] {
        var ends: [Int] = []
        while (ends.last ?? 0) < scalars.count { ends.append(end(from: ends.last ?? 0)) }
        return ends
    }

    private func run(_ start: Int, atMost limit: Int = .max, while condition: (Int) -> Bool) -> Int {
        var end = start
        while end < scalars.count, end - start < limit, condition(end) { end += 1 }
        return end
    }

    private func contraction(_ start: Int, anyCase: Bool) -> Int? {
        for ending in ["s", "t", "re", "ve", "m", "ll", "d"] where scalars[start] == "'" {
            let rest = scalars[(start + 1)...].prefix(ending.unicodeScalars.count)
            let folded = rest.map { anyCase ? ($0 == "ſ" ? "s" : String($0).lowercased()) : String($0) }
            if folded.joined() == ending { return start + 1 + rest.count }
        }
        return nil
    }

    private func whitespace(_ start: Int) -> Int {
        let longest = run(start) { kinds[$0] == .whitespace }
        let backedOff = stride(from: longest, to: start, by: -1).first {
            $0 == scalars.count || kinds[$0] == .whitespace
        }
        return backedOff ?? longest
    }

    private func end(from start: Int) -> Int {
        if let end = contraction(start, anyCase: pattern == .gpt4) { return end }
        let afterSpace = scalars[start] == " " ? start + 1 : start
        func isLineEnd(_ index: Int) -> Bool { scalars[index] == "\n" || scalars[index] == "\r" }
        switch pattern {
        case .gpt2:
            for kind in [Kind.letter, .number, .other] {
                let end = run(afterSpace) { kinds[$0] == kind }
                if end > afterSpace { return end }
            }
        case .gpt4:
            let mayPrecede = !isLineEnd(start) && kinds[start] != .letter && kinds[start] != .number
            for first in mayPrecede ? [start + 1, start] : [start] {
                let end = run(first) { kinds[$0] == .letter }
                if end > first { return end }
            }
            let digits = run(start, atMost: 3) { kinds[$0] == .number }
            if digits > start { return digits }
            let signs = run(afterSpace) { kinds[$0] == .other }
            if signs > afterSpace { return run(signs, while: isLineEnd) }
            let longest = run(start) { kinds[$0] == .whitespace }
            if let last = (start..<longest).last(where: isLineEnd) { return last + 1 }
        }
        return whitespace(start)
    }
}

/// By the standard library's tables, cut down to the Unicode version that is pinned here.
private func kind(of scalar: Unicode.Scalar) -> PlainSplitter.Kind {
    guard let age = scalar.properties.age, age.major <= 16 else { return .other }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return .letter
    case .decimalNumber, .letterNumber, .otherNumber: return .number
    default: return scalar.properties.isWhitespace ? .whitespace : .other
    }
}

@Test(arguments: SplitPattern.allCases, [1, 2] as [UInt64])
func `every character of Unicode is divided as the pattern says`(pattern: SplitPattern, seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let neighbours = ["a", " ", "1", "\n", "!", " '", "  ", "", "'s", "\r\n\n", "é", "12 "].map {
        Array($0.unicodeScalars)
    }
    for block in stride(from: 0 as UInt32, to: 0x110000, by: 256) {
        var scalars: [Unicode.Scalar] = []
        for code in block..<block + 256 {
            guard let scalar = Unicode.Scalar(code) else { continue }
            scalars.append(scalar)
            scalars += neighbours[Int.random(in: 0..<neighbours.count, using: &random)]
        }
        guard !scalars.isEmpty else { continue }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        let words = pattern.words(of: Array(String(text).utf8))
        let expected = PlainSplitter(pattern: pattern, scalars: scalars, kinds: scalars.map(kind)).ends()
        let ends = words.reduce(into: []) {
            $0.append(($0.last ?? 0) + String(decoding: $1, as: UTF8.self).unicodeScalars.count)
        }
        #expect(ends == expected, "from U+\(String(block, radix: 16))")
    }
}

@Test(arguments: SplitPattern.allCases)
func `bytes that are no characters are signs of their own`(pattern: SplitPattern) {
    func words(_ bytes: [UInt8]) -> [[UInt8]] { pattern.words(of: bytes).map(Array.init) }
    // Too long a form, a surrogate, beyond the last scalar, cut off, and continuations alone.
    for bad in [[0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE4, 0xB8], [0x80, 0x80]] as [[UInt8]] {
        #expect(words([0x31] + bad + [0x31]) == [[0x31], bad, [0x31]])
        #expect(words([0x20] + bad) == [[0x20] + bad])
    }
    #expect(words([]) == [])
    #expect(words([0x31, 0xE4, 0xB8, 0xAD]) == [[0x31], [0xE4, 0xB8, 0xAD]])
}
