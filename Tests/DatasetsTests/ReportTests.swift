import Cleaning
import Datasets
import Deduplication
import Documents
import Foundation
import TestSupport
import Testing

#if canImport(FoundationXML)
import FoundationXML
#endif

struct ReportTests {
    private func example() throws -> Example {
        var example = try Example(["a.txt": Example.numbers(20) + ["tidy \u{0}me  up  \r\nnow", "number 3"]])
        try example.folder.write([0x6F, 0x6B, 0x0A, 0x25, 0x0A, 0xE9, 0x0A, 0x25, 0x0A, 0x66, 0x6F], to: "b.txt")
        example.plan.cleaning = CleaningStep.standard
        return example
    }

    @Test func `what cannot be read is counted and named by file, line and byte, and the rest goes on`() throws {
        let example = try example()
        let prepared = try example.prepared()
        let source = prepared.manifest.sources[0]
        #expect(source.problems == 1)
        #expect(source.read.documents == 24)
        #expect(source.copies.documents == 1)
        #expect(prepared.report.problems.count == 1)
        let problem = try #require(prepared.report.problems.first)
        #expect(problem.contains("b.txt, line 3, byte 5"))
        #expect(prepared.report.text.contains(problem))
        #expect(prepared.report.html.contains("b.txt, line 3, byte 5"))
    }

    @Test func `a strict preparation ends with the first problem and stores nothing`() throws {
        let (example, shards) = (try example(), Shards())
        let failure = #expect(throws: ReadingProblem.self) { try example.prepared(isStrict: true, into: shards) }
        #expect(failure?.origin.line == 3)
        #expect(shards.contents.isEmpty)
    }

    @Test func `the report shows what each step changed, and is well-formed whatever the text holds`() throws {
        let example = try example()
        try example.folder.write(Array("<script>\u{0}alert('&')</script>\u{FEFF}".utf8), to: "c<&>.txt")
        let report = try example.prepared().report
        #expect(report.html.contains("controlCharacters"))
        #expect(!report.html.contains("<script>"))
        let body = try #require(report.html.split(separator: "</head>").last)
        #expect(XMLParser(data: Data("<html>\(body)".utf8)).parse())
        #expect(
            try JSONDecoder().decode(PreparationReport.self, from: JSONEncoder().encode(report)).text == report.text)
    }

    @Test func `documents that are cleaned alone come in the order of reading, copies too`() throws {
        let (example, work) = (try example(), try TemporaryFolder())
        var texts: [String] = []
        let report = try example.preparation(in: work).clean { texts.append(String(decoding: $0.text, as: UTF8.self)) }
        #expect(texts == Example.numbers(20) + ["tidy me up\nnow", "number 3", "ok", "fo"])
        #expect(report.packing == nil && !report.isCompared)
    }

    @Test func `impossible cleaning is refused before anything is read`() throws {
        var example = try example()
        example.plan.cleaning = [.length(minimum: 5, maximum: 1)]
        #expect(throws: CleaningFailure.lengths(minimum: 5, maximum: 1)) { try example.prepared() }
    }
}
