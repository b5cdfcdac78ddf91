import Documents
import Testing

@Test func `a template names fields in braces`() throws {
    #expect(try Template("{act}: {prompt}, {act}").fields == ["act", "prompt"])
    #expect(try Template("{{{a b}}}").fields == ["a b"])
}

@Test(arguments: ["", "text", "{", "}", "{}", "{a", "a}", "{a}}", "{{a}}", "{a{b}}", "{a}{"])
func `a template whose braces name nothing is refused`(text: String) {
    #expect(throws: MalformedTemplate(template: text)) { try Template(text) }
    #expect(readings(of: "text\na", named: "a.csv", ReadingOptions(template: text)).texts.isEmpty)
}

@Test func `advice is the nearest name, or what there is`() {
    #expect(NearestName.advice(for: "promt", among: ["act", "prompt"]) == "did you mean 'prompt'?")
    #expect(NearestName.advice(for: "TEXT", among: ["text", "test"]) == "did you mean 'text'?")
    #expect(NearestName.advice(for: "xyz", among: ["act", "prompt"]) == "known: act, prompt")
    let many = NearestName.advice(for: "q", among: (0..<100_000).map { "column \($0)" })
    #expect(many.hasSuffix("column 29, …"))
}

@Test(arguments: [
    ("a.txt", TextFormat.text), ("a.MD", .text), ("a", .text), ("a.jsonl", .jsonLines), ("a.ndjson.gz", .jsonLines),
    ("A.CSV", .commaSeparated), ("a.csv.gz", .commaSeparated), ("x.csv/a", .text), ("a.tsv", .tabSeparated),
    ("a.tab.GZIP", .tabSeparated), ("csv", .text), (".csv", .commaSeparated), ("", .text), (".gz", .text),
])
func `the end of a name tells the format`(path: String, format: TextFormat) {
    #expect(TextFormat(path: path) == format)
}
