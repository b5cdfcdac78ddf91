import Foundation
import TestSupport
import Testing
import WorkUnits

@Suite struct JSONMessageTests {
    private struct Message: Codable, Hashable {
        var text: String
        var numbers: [Double]
        var flag: Bool
        var count: UInt8?
        var names: [String: Int]
        var inner: [Inner]

        struct Inner: Codable, Hashable {
            var choice: Choice
        }

        enum Choice: Codable, Hashable {
            case none
            case one(Int8, label: String)
        }
    }

    @Test func `a message in any spelling is read as Foundation reads it`() throws {
        let spelling = """
            { "unknown": [ {"a": [null, true]} , 1e3 ], "text": "\\u0041\\ud83d\\ude00\\/\\n", "flag" : false,
              "numbers": [-0.5E+1, 12, 0.1e-7], "names": {"a b": 1, "é": -2}, "count": null,
              "inner": [{"choice": {"none": {}}}, {"choice": {"one": {"_0": -128, "label": ""}}}] }
            """
        let ours = try CanonicalJSON.decodeMessage(Message.self, from: Array(spelling.utf8))
        #expect(ours == (try JSONDecoder().decode(Message.self, from: Data(spelling.utf8))))
        #expect(ours.text == "A😀/\n" && ours.numbers == [-5, 12, 1e-8] && ours.count == nil)
    }

    @Test(arguments: [
        (#"{"text":1}"#, "'text' has the wrong type"),
        (#"{"text":"","numbers":[1,"2"]}"#, "'numbers.Index 1' has the wrong type"),
        (#"{"text":"","numbers":[1,null]}"#, "'numbers.Index 1' has the wrong type"),
        (#"{"text":"","numbers":[],"flag":true,"names":{"a":1,"b":true}}"#, "'names.b' has the wrong type"),
        (#"{"text":"","numbers":[],"flag":true,"names":{},"inner":[{}]}"#, "'choice' is missing in inner.Index 0"),
        (#"{"text":"","numbers":[],"flag":true,"count":256}"#, "'count' has the wrong type"),
        (#"[]"#, "'' has the wrong type"), ("{,}", "not JSON"), (#"{"a":1,}"#, "not JSON"), ("[01]", "not JSON"),
        ("[1.]", "not JSON"), ("[+1]", "not JSON"), ("[1e]", "not JSON"), ("[\"\n\"]", "not JSON"),
        ("[] []", "not JSON"),
        ("[tru]", "not JSON"), (#"["\"]"#, "not JSON"), ("\0", "not JSON"),
    ])
    func `what is wrong is said with its place`(spelling: String, reason: String) {
        #expect(throws: MalformedDocument(type: "Message", reason: reason)) {
            try CanonicalJSON.decodeMessage(Message.self, from: Array(spelling.utf8))
        }
    }

    @Test(arguments: [#"["\ud83d"]"#, #"["\ude00"]"#, #"["\ud83dx"]"#, #"["\u12g4"]"#, #"["\x"]"#, #"["\u12"#])
    func `text with impossible escapes is refused`(spelling: String) {
        #expect(throws: MalformedDocument.self) {
            try CanonicalJSON.decodeMessage([String].self, from: Array(spelling.utf8))
        }
    }

    /// Foundation's encoder sorts keys by other rules, so objects here have one member.
    @Test func `documents are written as Foundation writes them`() throws {
        var generator = SplitMix64(seed: 3)
        for _ in 0..<300 {
            let text = String(
                String.UnicodeScalarView(
                    (0..<5).compactMap { _ in Unicode.Scalar(UInt32.random(in: 0..<0x3000, using: &generator)) }))
            let number = Double(bitPattern: UInt64.random(in: 0...UInt64.max, using: &generator))
            let value = [text: [[text: number.isFinite ? number : 0]]]
            let encoder = JSONEncoder()
            encoder.outputFormatting = .withoutEscapingSlashes
            let bytes = try CanonicalJSON.encode(value)
            #expect(bytes == Array(try encoder.encode(value)))
            #expect(try CanonicalJSON.decode([String: [[String: Double]]].self, from: bytes) == value)
        }
    }

    @Test func `damaged documents never crash`() throws {
        let whole = Array(#"{"inner":[{"choice":{"one":{"_0":1,"label":"\u00e9"}}}],"text":"a","numbers":[1e2]}"#.utf8)
        var generator = SplitMix64(seed: 4)
        for _ in 0..<2000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            bytes.removeLast(Int.random(in: 0...bytes.count, using: &generator))
            #expect(throws: MalformedDocument.self) {
                try CanonicalJSON.decodeMessage(Message.self, from: bytes)
            }
        }
    }
}
