import Compression
import Documents
import Testing
import TestSupport

private func rows(_ text: String, _ options: ReadingOptions = ReadingOptions(), piece: Int = .max) -> [Reading] {
    readings(of: text, named: "file.csv", options, piece: piece)
}

@Test(arguments: [1, 2, 5, Int.max])
func `a template names columns`(piece: Int) {
    let options = ReadingOptions(template: "{act}: {prompt}")
    let table =
        "id,act,prompt\r\n1,Poet,\"Write, \"\"please\"\".\r\nTwo lines\"\r\n\r\n2,\"Cook\",Soup \"hot\"\n3,,only\n4, ,\n5,a,b"
    let found = rows(table, options, piece: piece)
    #expect(found.texts == ["Poet: Write, \"please\".\r\nTwo lines", "Cook: Soup \"hot\"", ": only", "a: b"])
    #expect(found.documents.map(\.origin.line) == [2, 5, 6, 8])
    #expect(found.documents.map(\.origin.byte) == [15, 57, 77, 90])
    #expect(found.problems.isEmpty)
}

@Test func `without a template it is the only column, or the one called text`() {
    #expect(rows("quote\nhello\n\"\"\nworld").texts == ["hello", "world"])
    #expect(rows("id,text\n1,hello").texts == ["hello"])
    #expect(rows("id,body\n1,hello", ReadingOptions(field: "body")).texts == ["hello"])
    #expect(rows("id,body\n1,hello").kinds == [.unknownColumn(name: "text", advice: "known: id, body")])
    #expect(rows("\u{FEFF}text\nhello").texts == ["hello"])
}

@Test func `an unknown column is refused before any row, with the nearest name`() {
    #expect(
        throws: ReadingProblem(
            .unknownColumn(name: "promt", advice: "did you mean 'prompt'?"), at: Origin(source: "a.csv"))
    ) {
        try DocumentReader(
            MemorySource(Array("act,prompt\na,b".utf8)), name: "a.csv", options: ReadingOptions(template: "{promt}"))
    }
    #expect(rows("a,text,text\n1,2,3").kinds == [.ambiguousColumn(name: "text")])
    #expect(rows("").kinds == [.noHeader])
    #expect(rows("\n\r\n").kinds == [.noHeader])
    #expect(rows(String(repeating: ",", count: 16_384)).kinds == [.tooManyColumns(limit: 16_384)])
    #expect(rows(String(repeating: ",", count: 16_382) + ",text\n").isEmpty)
}

@Test(arguments: [1, 2, Int.max])
func `a row with another number of columns is lost alone`(piece: Int) {
    let found = rows("a,text\n1,one\n2\n3,three,x\n4,four", piece: piece)
    #expect(found.texts == ["one", "four"])
    #expect(found.kinds == [.wrongColumns(expected: 2, found: 1), .wrongColumns(expected: 2, found: 3)])
    #expect(found.places == [[3, 13], [4, 15]])
}

@Test(arguments: [1, 2, 3, Int.max])
func `a quote that never closes costs its line`(piece: Int) {
    let found = rows("a,text\n1,\"one\n2,two\n3,three", ReadingOptions(maximumDocumentBytes: 1000), piece: piece)
    #expect(found.texts == ["two", "three"])
    #expect(found.kinds == [.openQuote(limit: 1000)])
    #expect(found.places == [[2, 9]])
    let more = rows(
        "a,text\n0,zero\n1,\"one\n" + String(repeating: "2,two\n", count: 40), ReadingOptions(maximumDocumentBytes: 50),
        piece: piece)
    #expect(more.texts == ["zero"] + Array(repeating: "two", count: 40))
    #expect(more.kinds == [.openQuote(limit: 50)])
}

@Test(arguments: [1, 2, Int.max])
func `text behind a closing quote costs its line`(piece: Int) {
    let found = rows("a,text\n1,\"he said \"hi\" to me\"\n2,two\n3,\"x\" \n4,\"x\"\ry\n5,\"five\"", piece: piece)
    #expect(found.texts == ["two", "five"])
    #expect(found.kinds == [.textAfterQuote, .textAfterQuote, .textAfterQuote])
    #expect(found.problems.map(\.origin.line) == [2, 4, 5])
}

@Test(arguments: [1, 3, Int.max])
func `a row that is too long is lost alone`(piece: Int) {
    let options = ReadingOptions(maximumDocumentBytes: 8)
    let found = rows(
        "a,text\n1,012345\r\n2,0123456\n3,\(String(repeating: "x", count: 300))\n4,four", options, piece: piece)
    #expect(found.texts == ["012345", "four"])
    #expect(found.kinds == [.tooLong(limit: 8), .tooLong(limit: 8)])
    #expect(found.problems.map(\.origin.line) == [3, 4])
    #expect(
        rows("text\nabcd", ReadingOptions(template: "{text}{text}{text}", maximumDocumentBytes: 8)).kinds == [
            .tooLong(limit: 8)
        ])
}

@Test func `a row with a byte that is not UTF-8 is lost alone`() {
    let found = readings(of: Array("text\none\n".utf8) + [0x78, 0xFF] + Array("\nthree".utf8), named: "a.csv")
    #expect(found.texts == ["one", "three"])
    #expect(found.kinds == [.malformedUTF8])
    #expect(found.places == [[3, 10]])
    #expect(readings(of: [0x78, 0xFF, 0x0A], named: "a.csv").kinds == [.malformedUTF8])
}

@Test func `tabs divide columns too, with quotes or without`() {
    let table = "a\ttext\n1\t\"one\ttab\"\n2\ttwo, \"2\"\n"
    #expect(readings(of: table, named: "a.tsv").texts == ["one\ttab", "two, \"2\""])
    let plain = readings(
        of: "a\ttext\n1\t\"Hello,\" she said\n2\t\"Open\n", named: "a.tab", ReadingOptions(quotes: false))
    #expect(plain.texts == ["\"Hello,\" she said", "\"Open"])
    #expect(plain.problems.isEmpty)
}
