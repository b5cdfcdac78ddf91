import Cleaning
import TestSupport
import Testing

struct ControlCharactersTests {
    @Test(arguments: [
        ("a\u{0}b\u{1B}[0m", "ab[0m"), ("\u{FEFF}text\u{FEFF}", "text"),
        ("co\u{AD}operate", "cooperate"),
        ("\u{202E}gnirts\u{202C}", "gnirts"), ("a\u{200B}b\u{2060}c", "abc"),
        ("x\u{FFFE}\u{10FFFF}y", "xy"),
        ("\u{7F}\u{80}\u{9F}", ""), ("plain", "plain"), ("", ""),
    ])
    func `what is never seen goes`(text: String, expected: String) throws {
        expectBytes(try cleaned(text, .controlCharacters), expected)
    }

    @Test(arguments: [
        "tab\tline\nreturn\r\npage\u{C}next\u{85}", "می\u{200C}خواهم", "👩\u{200D}🚀 ❤\u{FE0F}",
        "\u{FFFD}",
        "“quoted” — é",
        "\u{A0}\u{2003}\u{3000}",
    ])
    func `what spells words and what whitespace decides on stays`(text: String) throws {
        expectBytes(try cleaned(text, .controlCharacters), text)
    }

    @Test func `every scalar is dropped or kept as the table says`() throws {
        let dropped: [ClosedRange<UInt32>] = [
            0x00...0x08, 0x0E...0x1F, 0x7F...0x84, 0x86...0x9F, 0xAD...0xAD, 0x61C...0x61C,
            0x200B...0x200B,
            0x200E...0x200F, 0x202A...0x202E, 0x2060...0x206F, 0xFEFF...0xFEFF, 0xFFF9...0xFFFB,
            0xFDD0...0xFDEF,
        ]
        var (text, expected) = ("", "")
        for value: UInt32 in 0...0x10_FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            text.unicodeScalars.append(scalar)
            if !dropped.contains(where: { $0.contains(value) }), value & 0xFFFF < 0xFFFE {
                expected.unicodeScalars.append(scalar)
            }
        }
        expectBytes(try cleaned(text, .controlCharacters), expected)
    }
}
