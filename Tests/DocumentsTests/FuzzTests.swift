import Compression
import Documents
import Testing
import TestSupport

/// Valid files with all that their formats can hold, to be damaged.
private let seeds: [(name: String, text: String)] = [
    ("a.txt", "one\n%\n\r\ntwo é 日本\r\n%\r\n\n%\n😀 three\nfour\n%%\n%"),
    (
        "a.jsonl",
        #"{"text":"one\n\u00e9\ud83d\ude00","n":[1,{"a":[]}]}"# + "\r\n\n" + #"{"a":-1.5e3,"text":"zwei é"}"#
            + "\n{\"text\":null}\n"
    ),
    ("a.csv", "a,text\r\n1,\"one\r\n\"\"x\"\", é\"\r\n\r\n2,two \"q\"\n3,\"\"\n\"4\",日本"),
    ("a.tsv", "a\ttext\n1\t\"one\tx\"\n2\ttwo\n"),
]

private func check(_ bytes: [UInt8], _ name: String, using random: inout SplitMix64) {
    let limit = [1, 5, 12, 40, 1 << 20].randomElement(using: &random) ?? 1
    let options = ReadingOptions(
        separator: [nil, "", "%"].randomElement(using: &random) ?? nil,
        template: [nil, nil, "{text}{text}", "{a}: {text}"].randomElement(using: &random) ?? nil,
        quotes: Int.random(in: 0..<4, using: &random) > 0, maximumDocumentBytes: limit)
    let whole = readings(of: bytes, named: name, options)
    for piece in [1, Int.random(in: 2...30, using: &random)] {
        #expect(readings(of: bytes, named: name, options, piece: piece) == whole, "\(name) \(options) \(bytes)")
    }
    var last = 0
    for reading in whole {
        switch reading {
        case .document(let document):
            let isText = String(validating: document.text, as: UTF8.self) != nil
            #expect(isText && !document.text.isEmpty && document.text.count <= limit, "\(name) \(options) \(bytes)")
            #expect(document.origin.byte >= last, "\(name) \(options) \(bytes)")
            last = document.origin.byte
        case .problem(let problem):
            #expect(problem.description.hasPrefix(name))
        }
    }
    // At least a byte is lost with each problem, and a document has one of its own, but for broken gzip members.
    if !name.hasSuffix(".gz") { #expect(whole.count <= bytes.count + 1) }
}

@Test(arguments: seeds.indices, [UInt64](1...4))
func `damaged files give documents and problems, the same however they arrive`(index: Int, seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let (name, text) = seeds[index]
    for _ in 0..<150 {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 0...3, using: &random) { bytes = bytes.mutated(using: &random) }
        check(bytes, name, using: &random)
        let half = bytes.count / 2
        let gzip = Gzip.member(Array(bytes[..<half])) + Gzip.member(Array(bytes[half...]))
        check(Bool.random(using: &random) ? gzip : gzip.mutated(using: &random), name + ".gz", using: &random)
    }
}

@Test(arguments: ["a.txt", "a.jsonl", "a.csv", "a.tsv", "a.txt.gz", "a.csv.gz"])
func `random bytes give documents and problems`(name: String) {
    var random = SplitMix64(seed: 31)
    let signs = Array("\",\t\n\r{}[]:\\u%a\u{1F} \0".utf8)
    for round in 0..<150 {
        let count = Int.random(in: 0...80, using: &random)
        let bytes =
            round % 2 == 0
            ? random.bytes(count) : (0..<count).map { _ in signs[Int.random(in: signs.indices, using: &random)] }
        check(bytes, name, using: &random)
    }
}
