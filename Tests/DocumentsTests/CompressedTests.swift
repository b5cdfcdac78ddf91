import Compression
import Documents
import Testing
import TestSupport

private let jsonLines = (0..<200).map { "{\"text\":\"document \($0) of the file\"}\n" }.joined()

@Test(arguments: [1, 9, Int.max])
func `every format is read in gzip, by its bytes or by its name`(piece: Int) {
    let lines = Gzip.member(Array(jsonLines.utf8))
    #expect(readings(of: lines, named: "a.jsonl", piece: piece) == readings(of: jsonLines, named: "a.jsonl"))
    #expect(readings(of: lines, named: "a.jsonl.gz", piece: piece).texts.count == 200)
    let table =
        Gzip.member(Array("a,te".utf8)) + Gzip.member(Array("xt\n1,\"o".utf8)) + Gzip.member(Array("ne\"\n".utf8))
    #expect(readings(of: table, named: "a.csv.gz", piece: piece).texts == ["one"])
    #expect(
        readings(of: Gzip.member(Array("a\n\nb".utf8)), ReadingOptions(separator: ""), piece: piece).texts == [
            "a", "b",
        ])
}

@Test(arguments: [1, 100, Int.max])
func `a broken member loses its rest alone, and documents never join across it`(piece: Int) throws {
    let text = Array("{\"text\":\"whole\"}\n{\"text\":\"cut ".utf8)
    var broken = Gzip.member(text)
    broken[broken.count - 5] ^= 0x10
    let found = readings(
        of: broken + Gzip.member(Array("off\"}\n{\"text\":\"next\"}\n".utf8)), named: "a.jsonl.gz", piece: piece)
    #expect(found.texts == ["whole", "next"])
    #expect(found.problems.count == 2)
    guard case .brokenGzip(let member) = found.kinds.first else {
        Issue.record("\(found.kinds)")
        return
    }
    #expect(member.offset == 0)
    #expect(found.places == [[2, 30], [2, 30]])
    #expect(found.documents.last?.origin.line == 3)
}

@Test func `one document of text and one row are never made of two members around a break`() {
    var broken = Gzip.member(Array("text\none\ntw".utf8))
    broken[broken.count - 1] ^= 1
    let bytes = broken + Gzip.member(Array("three\n".utf8))
    #expect(readings(of: bytes, named: "a.csv.gz").texts == ["one", "three"])
    #expect(readings(of: bytes, named: "a.txt.gz").texts == ["three"])
    #expect(readings(of: bytes, named: "a.txt.gz", ReadingOptions(separator: "one")).texts == ["text", "three"])
}

@Test func `a table whose header is lost is refused`() {
    let found = readings(of: Array(Gzip.member(Array("a,text\n".utf8)).prefix(12)), named: "a.csv.gz")
    #expect(found.texts.isEmpty)
    #expect(found.problems.first?.description.contains("is broken: it is cut off") == true)
}

@Test func `a file that is named gzip and is not is refused`() {
    #expect(
        readings(of: "plain", named: "a.txt.gz").problems.first?.description
            == "a.txt.gz, line 1, byte 0: the gzip member at compressed byte 0 is broken: no gzip member begins here;"
            + " from here to the next member all is lost, and what was read of this one may be damaged; fetch the file again"
    )
    #expect(readings(of: [], named: "a.txt.gz").problems.count == 1)
    #expect(readings(of: Gzip.member(Gzip.member([65]))).kinds == [.foreign(format: "gzip inside gzip")])
}

@Test func `much text in few bytes takes the memory of one document`() {
    let zeros = Gzip.member(Array(repeating: UInt8(ascii: "a"), count: 3_000_000))
    let bytes = zeros + zeros + Gzip.member(Array("\n%\nend".utf8))
    let found = readings(of: bytes, named: "a.gz", ReadingOptions(separator: "%", maximumDocumentBytes: 100_000))
    #expect(found.texts == ["end"])
    #expect(found.kinds == [.tooLong(limit: 100_000)])
    #expect(found.documents.first?.origin.byte == 6_000_003)
}
