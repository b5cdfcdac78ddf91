import Cleaning
import Foundation
import TestSupport
import Testing

struct CanonicalCompositionTests {
    @Test(arguments: [
        ("e\u{301}", "\u{E9}"), ("\u{212B}", "\u{C5}"), ("a\u{323}\u{302}", "\u{1EAD}"),
        ("a\u{302}\u{323}", "\u{1EAD}"),
        ("\u{1100}\u{1161}\u{11A8}", "\u{AC01}"), ("\u{915}\u{93C}", "\u{915}\u{93C}"),
        ("\u{958}", "\u{915}\u{93C}"),
        ("“naïve”", "“naïve”"), ("x\u{301}y e\u{301}", "x\u{301}y \u{E9}"), ("\u{301}e", "\u{301}e"),
        ("", ""),
    ])
    func `letters are composed`(text: String, expected: String) throws {
        expectBytes(try cleaned(text, .nfc), expected)
    }

    @Test
    func `every character of the first plane, alone and between others, becomes what the whole algorithm makes of it`()
        throws
    {
        var scalars: [Unicode.Scalar] = []
        // Above, and at U+1176, the standard library errs.
        for value: UInt32 in 0...0xFFFF where value != 0x1176 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            scalars += [scalar, "\n", "a", scalar, "\u{323}", "\u{301}", "\u{AC00}", scalar, "\u{11A8}"]
        }
        var whole = ""
        whole.unicodeScalars.append(contentsOf: scalars)
        expectBytes(try cleaned(whole, .nfc), whole.precomposedStringWithCanonicalMapping)
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `any sequence of characters that join becomes what the whole algorithm makes of it`(
        seed: UInt64
    ) throws {
        let alphabet: [Unicode.Scalar] = [
            "a", "e", "\u{E9}", "\u{300}", "\u{301}", "\u{323}", "\u{345}", "\u{3B1}", "\u{1FB3}",
            "\u{915}", "\u{93C}",
            "\u{1100}", "\u{1161}", "\u{11A8}", "\u{AC00}", "\u{3099}", "\u{304B}", "\u{2126}",
            "\u{1D15E}", "\u{2028}",
            "\u{9C7}", "\u{9BE}", "\u{11099}", "\u{110BA}", "\u{FB1D}", "\u{1F600}", "\u{2F800}",
        ]
        var random = SplitMix64(seed: seed)
        for _ in 0..<2000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                text.append(alphabet[Int.random(in: alphabet.indices, using: &random)])
            }
            let composed = try cleaned(String(text), .nfc)
            expectBytes(composed, String(text).precomposedStringWithCanonicalMapping)
            expectBytes(try cleaned(composed ?? "", .nfc), composed)
        }
    }
}
