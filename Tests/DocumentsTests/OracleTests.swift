import Documents
import Foundation
import Testing
import TestSupport

/// Pieces that formats give a meaning to, and others.
private let alphabet = [
    "\"", "\"\"", ",", "\t", "\n", "\r\n", "\r", "\\", "{", "}", "[", "]", ":", " ", "a", "bc", "é", "日本", "😀", "\0",
    "\u{1F}",
    "\u{7F}", "/", "null", "1", "text",
]

private func anyText(using random: inout SplitMix64) -> String {
    (0..<Int.random(in: 0...12, using: &random)).compactMap { _ in alphabet.randomElement(using: &random) }.joined()
}

/// What a document keeps of a text; nil if that is nothing.
private func kept(_ text: String) -> [UInt8]? {
    let bytes = Array(text.utf8)
    let isBreak = { (byte: UInt8) in byte == 10 || byte == 13 }
    guard !text.unicodeScalars.allSatisfy(\.properties.isWhitespace) else { return nil }
    return Array(Array(bytes.drop(while: isBreak).reversed()).drop(while: isBreak).reversed())
}

/// RFC 4180 as a plain writer: quotes where they are needed, and sometimes where they are not.
private func quoted(_ field: String, delimiter: String, using random: inout SplitMix64) -> String {
    let isNeeded = field.unicodeScalars.contains { "\"\r\n".unicodeScalars.contains($0) } || field.contains(delimiter)
    guard isNeeded || Bool.random(using: &random) else { return field }
    return "\"" + field.replacing("\"", with: "\"\"") + "\""
}

@Test(arguments: [(",", "a.csv"), ("\t", "a.tsv")])
func `a table is read as it was written`(delimiter: String, name: String) {
    var random = SplitMix64(seed: 21)
    for _ in 0..<150 {
        let width = Int.random(in: 1...4, using: &random)
        let rows = (0..<Int.random(in: 0...8, using: &random)).map { _ in
            (0..<width).map { _ in anyText(using: &random) }
        }
        let newline = Bool.random(using: &random) ? "\n" : "\r\n"
        let names = (0..<width).map { "c\($0)" }
        var table = names.joined(separator: delimiter) + newline
        for row in rows {
            table += row.map { quoted($0, delimiter: delimiter, using: &random) }.joined(separator: delimiter) + newline
        }
        let options = ReadingOptions(template: names.map { "{\($0)}" }.joined(separator: "|"))
        let expected = rows.filter { row in row.contains { kept($0) != nil } }
            .map { $0.joined(separator: "|") }.compactMap(kept)
        let found = readings(of: table, named: name, options, piece: Int.random(in: 1...40, using: &random))
        // A table of control characters may pass for binary.
        guard found.kinds != [.binary] else { continue }
        #expect(found.problems.isEmpty)
        #expect(found.documents.map(\.text) == expected)
    }
}

@Test func `JSON lines mean what Foundation reads in them`() throws {
    var random = SplitMix64(seed: 22)
    func value(_ depth: Int) -> Any {
        switch Int.random(in: 0..<(depth > 3 ? 4 : 6), using: &random) {
        case 0: return anyText(using: &random)
        case 1: return Int.random(in: -1000...1000, using: &random)
        case 2: return Bool.random(using: &random)
        case 3: return NSNull()
        case 4: return (0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth + 1) }
        default:
            let names = (0..<Int.random(in: 0...3, using: &random)).map { _ in anyText(using: &random) }
            return Dictionary(names.map { ($0, value(depth + 1)) }) { $1 }
        }
    }
    var texts: [String] = []
    var file: [UInt8] = []
    for _ in 0..<400 {
        var object: [String: Any] = ["more": value(0), "other": value(0)]
        let text = anyText(using: &random)
        object["text"] = text
        texts.append(text)
        let formats: [JSONSerialization.WritingOptions] = [[], [.sortedKeys], [.withoutEscapingSlashes]]
        file += try JSONSerialization.data(withJSONObject: object, options: formats.randomElement(using: &random) ?? [])
        file.append(10)
    }
    let found = readings(of: file, named: "a.jsonl", piece: 61)
    #expect(found.problems.isEmpty)
    #expect(found.documents.map(\.text) == texts.compactMap(kept))
}

@Test func `damaged lines are JSON here if they are for Foundation`() throws {
    var random = SplitMix64(seed: 23)
    let seeds = [
        #"{"text":"a\u00e9\ud83d\ude00b","n":[1,-2.5e+3,{"x":null}],"t":true}"#,
        #" { "n" : [ [ ] , { } ] , "text" : "plain" , "f" : false } "#, #"{"text":"q\"\\\/\b\f\n\r\t","n":0.5}"#,
    ].map { Array($0.utf8) }
    var (good, bad) = (0, 0)
    for _ in 0..<6000 {
        guard let seed = seeds.randomElement(using: &random) else { continue }
        let line = seed.mutated(using: &random).filter { $0 != 10 && $0 != 0 }
        guard !line.isEmpty, String(validating: line, as: UTF8.self) != nil else { continue }
        let found = readings(of: [32] + line, named: "a.jsonl")
        let isRefused = found.kinds.contains { if case .malformedJSON = $0 { true } else { false } }
        let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
        if isRefused {
            bad += 1
            // Foundation takes a comma behind the last element.
            if object != nil, !String(decoding: line, as: UTF8.self).contains(#/,\s*[\]}]/#) {
                Issue.record("refused: \(String(decoding: line, as: UTF8.self)) \(found.kinds)")
            }
        } else {
            good += 1
            if object == nil, !line.allSatisfy({ $0 == 32 }) {
                Issue.record("taken: \(String(decoding: line, as: UTF8.self))")
            }
            if let text = object?["text"] as? String { #expect(found.documents.map(\.text) == [text].compactMap(kept)) }
        }
    }
    #expect(good > 150)
    #expect(bad > 1000)
}
