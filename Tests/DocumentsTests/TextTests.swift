import Compression
import Documents
import Testing
import TestSupport

@Test func `a file is one document, without line breaks at its ends`() throws {
    let document = try #require(readings(of: "\r\n\n one\ntwo\r\n\n").documents.first)
    #expect(document.string == " one\ntwo")
    #expect(document.origin == Origin(source: "file.txt", line: 3, byte: 3))
    #expect(readings(of: "---\ntitle: x\n---\n# Heading\n", named: "a.md").texts == ["---\ntitle: x\n---\n# Heading"])
}

@Test(arguments: ["", "\n\r\n", " \t \n", "\u{3000}\u{A0}\n \u{2028}"])
func `a file of white space holds no document and is no problem`(text: String) {
    #expect(readings(of: text).isEmpty)
    #expect(readings(of: text, ReadingOptions(separator: "")).isEmpty)
}

@Test(arguments: [1, 2, 3, 7, Int.max])
func `a line equal to the separator divides documents`(piece: Int) {
    let found = readings(
        of: "one\n%\n\n  two\nlines\n%\n%\n \n%\r\n100% three\r\n%%\n%", ReadingOptions(separator: "%"), piece: piece)
    #expect(found.texts == ["one", "  two\nlines", "100% three\r\n%%"])
    #expect(found.documents.map(\.origin.line) == [1, 4, 10])
    #expect(found.documents.map(\.origin.byte) == [0, 7, 28])
    #expect(found.problems.isEmpty)
}

@Test(arguments: [1, 2, 3, Int.max])
func `an empty separator divides at blank lines`(piece: Int) {
    let text = "\n\none\nmore\n\n\n\r\ntwo\r\n\r\nthree"
    #expect(readings(of: text, ReadingOptions(separator: ""), piece: piece).texts == ["one\nmore", "two", "three"])
    #expect(readings(of: "a\n\nb\n\n", ReadingOptions(separator: ""), piece: piece).texts == ["a", "b"])
}

@Test func `a separator of several lines is refused`() {
    let problem = readings(of: "a", ReadingOptions(separator: "-\n-")).problems.first
    #expect(problem?.description == "file.txt: a separator is one line: it holds no line break")
}

@Test(arguments: [1, 5, Int.max])
func `a byte that is not UTF-8 loses its document alone, and is named`(piece: Int) {
    let bytes = Array("one\n%\ncaf\u{E9} ".utf8) + [0x80, 0x41] + Array("\n%\nthree\n%\n".utf8) + [0xE2, 0x82]
    let found = readings(of: bytes, ReadingOptions(separator: "%"), piece: piece)
    #expect(found.texts == ["one", "three"])
    #expect(found.kinds == [.malformedUTF8, .malformedUTF8])
    #expect(found.places == [[3, 12], [7, 25]])
    #expect(
        found.problems.first?.description
            == "file.txt, line 3, byte 12: a byte is not UTF-8; this document is lost; convert the file to UTF-8")
}

@Test(
    arguments: [
        [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
        [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x80], [0xC2], [0xE1, 0x80], [0xF1, 0x80, 0x80],
        [0xFE, 0x41],
        [0xC2, 0x41], [0xE1, 0x80, 0x41], [0xF1, 0x80, 0x80, 0x41],
    ] as [[UInt8]])
func `overlong, surrogate and cut sequences are not UTF-8`(sequence: [UInt8]) {
    for before in [1, 7, 8, 13] {
        let text = Array(repeating: UInt8(ascii: "x"), count: before)
        let found = readings(of: text + sequence)
        #expect(found.kinds == [.malformedUTF8])
        #expect(found.places == [[1, before]])
    }
}

@Test func `whether bytes are UTF-8 agrees with the standard library`() {
    var random = SplitMix64(seed: 11)
    let alphabet: [[UInt8]] = ["a", "é", "日", "😀", "\u{7FF}", "\u{800}", "\u{FFFF}", "\u{10FFFF}"].map {
        Array($0.utf8)
    }
    var malformed = 0
    for _ in 0..<3000 {
        var bytes = Array(
            (0..<Int.random(in: 1...12, using: &random)).compactMap { _ in alphabet.randomElement(using: &random) }
                .joined())
        if Bool.random(using: &random) { bytes = bytes.mutated(using: &random) }
        bytes = [UInt8(ascii: "x")] + bytes.filter { $0 > 0x20 }
        let isValid = String(validating: bytes, as: UTF8.self) != nil
        #expect(readings(of: bytes).kinds == (isValid ? [] : [.malformedUTF8]), "\(bytes)")
        if !isValid { malformed += 1 }
    }
    #expect(malformed > 500)
}

@Test func `a byte order mark is passed, and those of other encodings are named`() {
    let found = readings(of: [0xEF, 0xBB, 0xBF] + Array("text".utf8))
    #expect(found.texts == ["text"])
    #expect(found.documents.first?.origin.byte == 3)
    #expect(readings(of: [0xFF, 0xFE, 0x41, 0]).kinds == [.otherEncoding(name: "UTF-16")])
    #expect(readings(of: [0xFE, 0xFF, 0, 0x41]).kinds == [.otherEncoding(name: "UTF-16")])
    #expect(readings(of: [0xFF, 0xFE, 0, 0, 0x41, 0, 0, 0]).kinds == [.otherEncoding(name: "UTF-32")])
}

@Test func `NUL is text, much of it is not`() {
    let text = "a file of some length \0 with a zero byte"
    #expect(readings(of: text).texts == [text])
    #expect(readings(of: Array(repeating: [0x41, 0], count: 50).joined().map { $0 }).kinds == [.binary])
    #expect(readings(of: "PK\u{3}\u{4} and so on").kinds == [.foreign(format: "a zip archive")])
    #expect(
        readings(of: "%PDF-1.7\n").problems.first?.description
            == "file.txt: is a PDF document, not text; unpack or convert it, or exclude it")
}

@Test(arguments: [1, 3, Int.max])
func `a document that is too long is lost alone`(piece: Int) {
    let options = ReadingOptions(separator: "%", maximumDocumentBytes: 10)
    let text = "0123456789\n%\n01234567890\n%\n\n\n0123456789\r\n%\n\(String(repeating: "long\n", count: 50))%%\n%\nend"
    let found = readings(of: text, options, piece: piece)
    #expect(found.texts == ["0123456789", "0123456789", "end"])
    #expect(found.kinds == [.tooLong(limit: 10), .tooLong(limit: 10)])
    #expect(found.places == [[3, 13], [9, 43]])
    #expect(found.documents.last?.origin.line == 61)
    #expect(
        readings(of: "01234567890", ReadingOptions(maximumDocumentBytes: 10), piece: piece).kinds == [
            .tooLong(limit: 10)
        ])
    #expect(
        readings(of: "0123456789\n", ReadingOptions(maximumDocumentBytes: 10), piece: piece).texts == ["0123456789"])
}

@Test func `a failure of the source ends the file, and the document it cuts is lost`() throws {
    let source = MemorySource(Array("one\n%\ntwo\n%\nthr".utf8), failure: UnreadableSource(reason: "the disk is gone"))
    let reader = try DocumentReader(source, name: "a", options: ReadingOptions(separator: "%"))
    let found = Array(reader)
    #expect(found.texts == ["one", "two"])
    #expect(found.kinds == [.unreadable(reason: "the disk is gone")])
    #expect(reader.next() == nil)
}
