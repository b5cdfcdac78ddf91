import Cleaning
import TestSupport
import Testing

struct WhitespaceTests {
    @Test(arguments: [
        ("a\r\nb\rc\u{B}d\u{C}e\u{85}f\u{2028}g\u{2029}h", "a\nb\nc\nd\ne\nf\ng\nh"),
        ("a\u{A0}b\u{2003}c\u{202F}d\u{1680}e", "a b c d e"), ("\u{3000}一", "\u{3000}一"),
        ("end  \t\nend\t \n", "end\nend\n"), ("end \u{A0} ", "end"),
        ("one  two   three", "one two three"), ("one\t\ttwo\t  three", "one\t\ttwo\t three"),
        ("a\n\n\n\nb", "a\n\nb"), ("a\n \t\n  \n\nb\n", "a\n\nb\n"), ("\n\n \na", "a"),
        ("a\n\n\n", "a\n"),
        ("a", "a"), ("\r\n", ""), ("   ", ""), ("", ""),
    ])
    func `blanks are written one way`(text: String, expected: String) throws {
        expectBytes(try cleaned(text, .whitespace), expected)
    }

    @Test(arguments: [
        "def f(x):\n    if x:\n\treturn  1\n",
        "    Tyger Tyger, burning bright,\n        In the forests of the night;\n",
        "“Curly”, — dashes … and é ü ñ\n", "\u{E1}\u{E2}\u{C2} \u{1E00}",
    ])
    func `indentation stays`(text: String) throws {
        let expected = text.replacing("return  1", with: "return 1")
        expectBytes(try cleaned(text, .whitespace), expected)
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `the rules, one after the other on lines, give the same`(seed: UInt64) throws {
        let alphabet: [Unicode.Scalar] = [
            "a", "b", "é", "“", "\u{1E00}", " ", " ", " ", "\t", "\n", "\n", "\r", "\u{C}", "\u{85}",
            "\u{A0}",
            "\u{2028}",
            "\u{200A}", "\u{3000}",
        ]
        var random = SplitMix64(seed: seed)
        for _ in 0..<2000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...24, using: &random) {
                text.append(alphabet[Int.random(in: alphabet.indices, using: &random)])
            }
            let tidied = try cleaned(String(text), .whitespace)
            expectBytes(tidied, specified(Array(text)))
            expectBytes(try cleaned(tidied ?? "", .whitespace), tidied)
        }
    }

    /// The five rules of `CleaningStep.whitespace` as they are written there.
    private func specified(_ text: [Unicode.Scalar]) -> String {
        var scalars: [Unicode.Scalar] = []
        for (index, scalar) in text.enumerated() {
            switch scalar.value {
            case 0x0A where index > 0 && text[index - 1] == "\r": break
            case 0x0A...0x0D, 0x85, 0x2028, 0x2029: scalars.append("\n")
            case 0xA0, 0x1680, 0x2000...0x200A, 0x202F, 0x205F: scalars.append(" ")
            default: scalars.append(scalar)
            }
        }
        var lines: [[Unicode.Scalar]] = []
        for line in scalars.split(separator: "\n", omittingEmptySubsequences: false) {
            let end = (line.lastIndex { $0 != " " && $0 != "\t" } ?? line.startIndex - 1) + 1
            var kept: [Unicode.Scalar] = []
            for scalar in line[..<end] {
                let isIndentation = kept.allSatisfy { $0 == " " || $0 == "\t" }
                if scalar == " ", kept.last == " ", !isIndentation { continue }
                kept.append(scalar)
            }
            if !kept.isEmpty || lines.last.map({ !$0.isEmpty }) ?? false { lines.append(kept) }
        }
        let endsWithLine = scalars.last.map { $0 == "\n" } ?? false
        let endsBlank =
            scalars.split(separator: "\n", omittingEmptySubsequences: false).last
            .map { $0.allSatisfy { $0 == " " || $0 == "\t" } } ?? false
        while lines.last?.isEmpty == true { lines.removeLast() }
        var result = String.UnicodeScalarView()
        for (index, line) in lines.enumerated() {
            if index > 0 { result.append("\n") }
            result.append(contentsOf: line)
        }
        let hadLineEnd = endsWithLine || (endsBlank && scalars.contains("\n"))
        if !lines.isEmpty, hadLineEnd { result.append("\n") }
        return String(result)
    }
}
