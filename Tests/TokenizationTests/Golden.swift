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
