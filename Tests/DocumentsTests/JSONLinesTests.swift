import Documents
import Testing
import TestSupport

private func lines(_ text: String, _ options: ReadingOptions = ReadingOptions(), piece: Int = .max) -> [Reading] {
    readings(of: text, named: "file.jsonl", options, piece: piece)
}

@Test(arguments: [1, 4, Int.max])
func `each line's field is a document`(piece: Int) {
    let found = lines(
        #"{"text": "one"}"# + "\n\r\n  \n"
            + #" { "id" : 7, "text" : "two\nlines \"x\" \u00e9\ud83d\ude00\/" , "z":[{}] } "# + "\r\n"
            + #"{"a":{"text":"no"},"text":"last"}"#, piece: piece)
    #expect(found.texts == ["one", "two\nlines \"x\" é😀/", "last"])
    #expect(found.documents.map(\.origin.line) == [1, 4, 5])
    #expect(found.documents.map(\.origin.byte) == [0, 21, 98])
    #expect(found.problems.isEmpty)
}

@Test func `a template takes numbers and truth values as they are written, and null as nothing`() {
    let options = ReadingOptions(template: "{a}/{b}/{c}{{{d}}}")
    #expect(lines(#"{"a":1.50e3,"b":true,"c":null,"d":"x"}"#, options).texts == ["1.50e3/true/{x}"])
    #expect(lines(#"{"a":null,"b":"","c":" ","d":"\n"}"#, options).isEmpty)
    #expect(lines(#"{"text":null}"#).isEmpty)
}

@Test func `the last of equal names counts, and escaped names are the same names`() {
    #expect(lines(#"{"text":"one","te\u0078t":"two"}"#).texts == ["two"])
    #expect(lines(#"{"größe":"1","gr\u00f6\u00dfe":"2"}"#, ReadingOptions(field: "größe")).texts == ["2"])
}

@Test func `a missing field names the nearest one, and a field without text is refused`() {
    let found = lines("{\"txt\":\"one\",\"id\":1}\n{\"id\":2}\n{\"text\":[\"no\"]}\n{\"text\":\"four\"}")
    #expect(found.texts == ["four"])
    #expect(
        found.kinds == [
            .missingField(name: "text", advice: "did you mean 'txt'?"),
            .missingField(name: "text", advice: "known: id"),
            .fieldIsNoText(name: "text"),
        ])
    #expect(found.problems.map(\.origin.line) == [1, 2, 3])
}

@Test(arguments: [
    #"{"text":"a""#, #"{"text":"a"} x"#, #"{"text":"a",}"#, #"{"text" "a"}"#, #"{text:"a"}"#, #"["text"]"#, #""text""#,
    "{",
    #"{"text":}"#, #"{"text":"a"}}"#, #"{"text":'a'}"#, #"{"text":"\x"}"#, #"{"text":"\u12g4"}"#, #"{"text":"\ud800"}"#,
    #"{"text":"\udc00\ud800"}"#, #"{"text":"\ud800\u0041"}"#, #"{"text":"a","b":01}"#, #"{"text":"a","b":1.}"#,
    #"{"text":"a","b":.5}"#, #"{"text":"a","b":+1}"#, #"{"text":"a","b":1e}"#, #"{"text":"a","b":-}"#,
    #"{"text":"a","b":tru}"#, #"{"text":"a","b":nulL}"#, #"{"text":"a","b":[1,]}"#, #"{"text":"a","b":[1 2]}"#,
    #"{"text":"a","b":[}}"#, #"{"text":"a","b":{"c":1,}}"#, #"{"text":"a","b":{1:2}}"#, #"{"text":"a","b":NaN}"#,
    "{\"text\":\"a\tb\"}", "{\"text\":\"a\",\"b\":\"\\ud83d\"}", #"{"text":"a\"#, #"{"text":"\u00"#,
    "{\"text\":\"a\"}\0",
])
func `a line that is not JSON is lost alone`(line: String) {
    let found = lines("{\"text\":\"before\"}\n" + line + "\n{\"text\":\"behind\"}\n")
    #expect(found.texts == ["before", "behind"])
    #expect(found.problems.count == 1)
    guard case .malformedJSON = found.kinds.first else {
        Issue.record("\(found.kinds)")
        return
    }
    #expect(found.places.first?.first == 2)
}

@Test func `the byte that shows the mistake is named`() {
    let found = lines("{\"text\":\"é\"}\n{\"text\":tr}")
    #expect(
        found.problems.first?.description
            == "file.jsonl, line 2, byte 22: the line is not a JSON object: a value is missing; it is lost")
}

@Test func `512 levels are read, one more is refused`() {
    func nested(_ levels: Int) -> String {
        "{\"text\":\"a\",\"b\":" + String(repeating: "[", count: levels - 1) + String(repeating: "]", count: levels - 1)
            + "}\n"
    }
    #expect(lines(nested(512)).texts == ["a"])
    #expect(lines(nested(513) + nested(2)).texts == ["a"])
    #expect(lines(nested(513)).kinds == [.malformedJSON(reason: "more than 512 levels")])
    #expect(lines("{\"text\":\"a\",\"b\":" + String(repeating: "[{\"\":", count: 1_000_000)).problems.count == 1)
}

@Test(arguments: [1, 3, Int.max])
func `a line that is too long is lost alone`(piece: Int) {
    let long = "{\"text\":\"\(String(repeating: "x", count: 400_000))\"}\n"
    let options = ReadingOptions(maximumDocumentBytes: 15)
    let found = lines((piece > 1 ? long : "{\"text\": \"abcd\"}\n") + "{\"text\":\"abcd\"}\r\n", options, piece: piece)
    #expect(found.texts == ["abcd"])
    #expect(found.kinds == [.tooLong(limit: 15)])
    #expect(found.documents.first?.origin.line == 2)
    #expect(
        lines("{\"text\":\"a\"}", ReadingOptions(template: "{text}{text}{text}{text}", maximumDocumentBytes: 12)).texts
            == ["aaaa"])
    #expect(
        lines(
            "{\"text\":\"aa\"}",
            ReadingOptions(template: "{text}{text}{text}{text}{text}{text}{text}", maximumDocumentBytes: 13)
        )
        .kinds == [.tooLong(limit: 13)])
}

@Test func `a line with a byte that is not UTF-8 is lost alone`() {
    let bytes = Array("{\"text\":\"".utf8) + [0xFF] + Array("\"}\n{\"text\":\"b\"}".utf8)
    let found = readings(of: bytes, named: "a.ndjson")
    #expect(found.texts == ["b"])
    #expect(found.kinds == [.malformedUTF8])
    #expect(found.places == [[1, 9]])
}
