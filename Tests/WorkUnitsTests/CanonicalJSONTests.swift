import Testing
import WorkUnits

@Suite struct CanonicalJSONTests {
    private struct Example: Codable, Hashable {
        var b: Int
        var a: String
        var optional: Int?
    }

    @Test func `keys are sorted, nothing is optional text`() throws {
        #expect(text(Example(b: 1, a: "x")) == #"{"a":"x","b":1}"#)
        #expect(
            text(["é": 1, "z": 2, "a10": 3, "a2": 4, "B": 5, "_": 6]) == #"{"B":5,"_":6,"a10":3,"a2":4,"z":2,"é":1}"#)
        #expect(text(["z\u{FFFF}": 1, "z😀": 2]) == "{\"z\u{FFFF}\":1,\"z😀\":2}")
    }

    @Test(arguments: [
        (0, "0"), (-0.0, "-0"), (1, "1"), (0.1, "0.1"), (0.0001, "0.0001"), (1e-5, "1e-05"), (1.5e-7, "1.5e-07"),
        (123_456_789.125, "123456789.125"), (9_007_199_254_740_992, "9007199254740992"),
        (9_007_199_254_740_994, "9.007199254740994e+15"), (1e16, "1e+16"), (5e-324, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
    ])
    func `a number has the shortest form that reads back the same`(value: Double, expected: String) throws {
        #expect(text([value]) == "[\(expected)]")
        #expect(try CanonicalJSON.decode([Double].self, from: Array("[\(expected)]".utf8)) == [value])
    }

    @Test(
        arguments: [
            (0.1, "0.1"), (16_777_216, "16777216"), (16_777_218, "1.6777218e+07"), (3.4028235e38, "3.4028235e+38"),
            (1e-45, "1e-45"), (3.25, "3.25"),
        ] as [(Float, String)])
    func `a single-precision number has its own shortest form`(value: Float, expected: String) throws {
        #expect(text([value]) == "[\(expected)]")
        #expect(try CanonicalJSON.decode([Float].self, from: Array("[\(expected)]".utf8)) == [value])
    }

    @Test func `integers are exact to their last digit`() throws {
        #expect(text([Int.min, .max]) == "[-9223372036854775808,9223372036854775807]")
        #expect(try CanonicalJSON.decode([UInt64].self, from: Array("[18446744073709551615]".utf8)) == [.max])
        #expect(throws: MalformedDocument.self) {
            try CanonicalJSON.decode([Int].self, from: Array("[9223372036854775808]".utf8))
        }
    }

    @Test func `text escapes only what it must`() {
        #expect(text(["a\"\\/\u{8}\u{C}\n\r\t\u{1}\u{1F}\u{7F}é😀"]) == #"["a\"\\/\b\f\n\r\t\u0001\u001f\#u{7F}é😀"]"#)
    }

    @Test(arguments: [
        (#"{"a":"x","b":1,"c":2}"#, "not in canonical form from byte 14 on"),
        (#"{"a":"y","a":"x","b":1}"#, "not in canonical form from byte 10 on"),
        (#"{"b":1,"a":"x"}"#, "not in canonical form from byte 2 on"),
        (#"{"a":"x","b":1.0}"#, "not in canonical form from byte 14 on"),
        (#"{"a":"\u0078","b":1}"#, "not in canonical form from byte 6 on"),
        (#"{"a":"x","b":1,"optional":null}"#, "not in canonical form from byte 14 on"),
        (#"{"a":"x","b":1} "#, "not in canonical form from byte 15 on"),
        (#"{"a":"x"}"#, "'b' is missing"), (#"{"a":"x","b":"1"}"#, "'b' has the wrong type"),
        (#"{"a":"x","b":1"#, "not JSON"), (#"{"a":"x","b":1e999}"#, "not JSON"), ("", "not JSON"),
        ("\u{FEFF}{}", "'b' is missing"),
    ])
    func `another spelling of a value is refused`(spelling: String, reason: String) {
        #expect(throws: MalformedDocument(type: "Example", reason: reason)) {
            try CanonicalJSON.decode(Example.self, from: Array(spelling.utf8))
        }
    }

    @Test func `other encodings than UTF-8 are refused`() {
        let document = Array(#"{"a":"x","b":1}"#.utf8)
        for bytes in [document.flatMap { [$0, 0] }, document.flatMap { [0, 0, 0, $0] }, [0xFF] + document] {
            #expect(throws: MalformedDocument.self) { try CanonicalJSON.decode(Example.self, from: bytes) }
        }
        let invalid = Array(#"{"a":""#.utf8) + [0xC3, 0x28] + Array(#"","b":1}"#.utf8)
        #expect(throws: MalformedDocument.self) { try CanonicalJSON.decode(Example.self, from: invalid) }
    }

    @Test func `more bytes than allowed are refused unread`() {
        #expect(throws: MalformedDocument(type: "Example", reason: "5 bytes are more than the 4 allowed")) {
            try CanonicalJSON.decode(Example.self, from: Array("?????".utf8), limit: 4)
        }
    }

    @Test func `deep nesting is refused`() {
        indirect enum Nested: Codable {
            case one(Nested)
            case none
        }
        let deep = Array((String(repeating: #"{"one":{"_0":"#, count: 10_000) + "1").utf8)
        #expect(throws: MalformedDocument.self) { try CanonicalJSON.decode(Nested.self, from: deep) }
    }

    @Test func `numbers that are not finite have no form`() {
        #expect(throws: EncodingError.self) { try CanonicalJSON.encode([Double.nan]) }
        #expect(throws: EncodingError.self) { try CanonicalJSON.encode([-Double.infinity]) }
    }

    private func text(_ value: some Encodable) -> String? {
        (try? CanonicalJSON.encode(value)).map { String(decoding: $0, as: UTF8.self) }
    }
}
