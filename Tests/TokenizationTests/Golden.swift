import Foundation
import Testing
import Tokenization

/// What the Hugging Face package gave; written once by `Golden/write_golden.py`.
struct Golden: Decodable {
    struct Case: Decodable {
        var text: String
        var ids: [UInt32]
    }

    var text: String
    var cases: [Case]

    private static func bytes() throws -> [UInt8] {
        let url = try #require(Bundle.module.url(forResource: "Golden/golden", withExtension: "json"))
        return Array(try Data(contentsOf: url))
    }

    static func read() throws -> Golden {
        try JSONDecoder().decode(Golden.self, from: Data(bytes()))
    }

    /// The `tokenizer.json` as an editable dictionary.
    static func tokenizerObject() throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(bytes())) as? [String: Any]
        return try #require(object?["tokenizer"] as? [String: Any])
    }

    static func tokenizer() throws -> Tokenizer {
        try loaded.get()
    }

    private static let loaded = Result {
        try Tokenizer(json: Array(JSONSerialization.data(withJSONObject: tokenizerObject())))
    }
}

/// For each pattern a tokenizer of the Hugging Face package, and what it gave; written once by
/// `Golden/write_patterns.py`.
struct GoldenPattern {
    var tokenizer: Tokenizer
    var object: [String: Any]
    var cases: [(text: String, ids: [UInt32])]

    static func read(_ pattern: SplitPattern) throws -> GoldenPattern {
        let url = try #require(Bundle.module.url(forResource: "Golden/patterns", withExtension: "json"))
        let all = try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: [String: Any]]
        let golden = try #require(all?[pattern.rawValue])
        let object = try #require(golden["tokenizer"] as? [String: Any])
        let cases = try #require(golden["cases"] as? [[String: Any]]).map { example in
            (try #require(example["text"] as? String), try #require(example["ids"] as? [Int]).map(UInt32.init))
        }
        return GoldenPattern(
            tokenizer: try Tokenizer(json: Array(JSONSerialization.data(withJSONObject: object))), object: object,
            cases: cases)
    }
}
