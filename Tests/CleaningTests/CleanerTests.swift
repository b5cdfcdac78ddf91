import Cleaning
import TestSupport
import Testing

struct CleanerTests {
    @Test(arguments: [
        ("", nil), ("ab", nil), ("abc", "abc"), ("äöü", "äöü"), ("äö", nil), ("一二三四", "一二三四"),
        ("12345", nil),
    ])
    func `length counts characters, not bytes`(text: String, expected: String?) throws {
        #expect(try cleaned(text, .length(minimum: 3, maximum: 4)) == expected)
    }

    @Test func `steps follow each other in the order given`() throws {
        #expect(try cleaned("  \n", .whitespace, .length(minimum: 1, maximum: 9)) == nil)
        #expect(try cleaned("  \n", .length(minimum: 1, maximum: 9), .whitespace) == "")
        #expect(try cleaned("e\u{200B}\u{301}", .controlCharacters, .nfc)?.utf8.count == 2)
    }

    @Test func `the tally says what each step did`() throws {
        let cleaner = try Cleaner([.controlCharacters, .whitespace, .length(minimum: 3, maximum: 10)])
        var tally = cleaner.tally
        for (number, text) in ["fine", "a\u{0}b  c", "x", "much too long a text", "tail \n"]
            .enumerated()
        {
            _ = cleaner.clean(Array(text.utf8), document: UInt64(number), tally: &tally)
        }
        #expect(
            [tally.documents, tally.keptDocuments, tally.bytes, tally.keptBytes] == [5, 3, 37, 13])
        #expect(tally.steps.map(\.documentsChanged) == [1, 2, 0])
        #expect(tally.steps.map(\.documentsRemoved) == [0, 0, 2])
        #expect(tally.steps.map(\.bytesRemoved) == [1, 2, 21])
        #expect(tally.steps[0].samples.map(\.document) == [1])
        #expect(
            tally.steps[0].samples[0].before == "a\u{0}b  c" && tally.steps[0].samples[0].after == "ab  c"
        )
        #expect(Set(tally.steps[2].samples.map(\.document)) == [2, 3])
        #expect(tally.steps[2].samples.allSatisfy { $0.after == nil })
    }

    @Test(arguments: [1, 2, 7, 100])
    func `tallies of parts add up to that of the whole`(parts: Int) throws {
        let cleaner = try Cleaner(CleaningStep.standard)
        let texts = (0..<100).map {
            Array("text \($0)\u{0}  with  blanks".utf8.prefix($0 % 3 == 0 ? 0 : 99))
        }
        var whole = cleaner.tally
        for (number, text) in texts.enumerated() {
            _ = cleaner.clean(text, document: UInt64(number), tally: &whole)
        }
        var merged = cleaner.tally
        for part in (0..<parts).reversed() {
            var tally = cleaner.tally
            for number in stride(from: part, to: texts.count, by: parts) {
                _ = cleaner.clean(texts[number], document: UInt64(number), tally: &tally)
            }
            merged.merge(tally)
        }
        #expect(merged == whole)
        #expect(whole.steps.allSatisfy { $0.samples.count <= CleaningTally.samplesKept })
        #expect(whole.steps[0].samples.contains { $0.document > 50 })
    }

    @Test func `a sample is short, whole characters, and shows the difference`() throws {
        let cleaner = try Cleaner([.controlCharacters, .length(minimum: 10_000, maximum: .max)])
        var tally = cleaner.tally
        let text = String(repeating: "日本語", count: 300) + "\u{0}" + String(repeating: "é", count: 300)
        _ = cleaner.clean(Array(text.utf8), document: 7, tally: &tally)
        let samples = tally.steps.flatMap(\.samples)
        #expect(samples.count == 2)
        for sample in samples {
            for excerpt in [sample.before, sample.after ?? "日"] {
                #expect(!excerpt.isEmpty && excerpt.utf8.count <= 160 && !excerpt.contains("\u{FFFD}"))
            }
        }
        #expect(samples[0].before.contains("語\u{0}é"))
        #expect(samples[0].after?.contains("語é") == true)
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `standard steps change nothing in their own result, and end on any bytes`(
        seed: UInt64
    )
        throws
    {
        let cleaner = try Cleaner(CleaningStep.standard + CleaningStep.webPages)
        let standard = try Cleaner(CleaningStep.standard)
        var (tally, other) = (standard.tally, cleaner.tally)
        var random = SplitMix64(seed: seed)
        for number in 0..<500 as Range<UInt64> {
            var scalars = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...40, using: &random) {
                let bound: UInt32 = [0x80, 0x400, 0x2100, 0x1_0000, 0x11_0000][
                    Int.random(in: 0..<5, using: &random)]
                if let scalar = Unicode.Scalar(UInt32.random(in: 0..<bound, using: &random)) {
                    scalars.append(scalar)
                }
            }
            if let once = standard.clean(Array(String(scalars).utf8), document: number, tally: &tally) {
                #expect(standard.clean(once, document: number, tally: &tally) == once, "\(scalars)")
            }
            // Not well-formed: any result, but one.
            _ = cleaner.clean(
                random.bytes(Int.random(in: 0...40, using: &random)), document: number, tally: &other)
        }
        #expect(other.documents == 500)
    }
}
