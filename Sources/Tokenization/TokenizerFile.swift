/// The parts of a Hugging Face `tokenizer.json` that decide ids. What is written is what the defaults here say.
struct TokenizerFile: Codable {
    var version = "1.0"
    var addedTokens: [AddedToken]
    var normalizer: Component?
    var preTokenizer: Component? = .byteLevel
    var postProcessor: Component?
    var decoder: Component? = .byteLevel
    var model: Model

    enum CodingKeys: String, CodingKey {
        case version, normalizer, decoder, model
        case addedTokens = "added_tokens"
        case preTokenizer = "pre_tokenizer"
        case postProcessor = "post_processor"
    }

    struct AddedToken: Codable {
        var id: Int
        var content: String
        var special = true
        var singleWord = false
        var lstrip = false
        var rstrip = false
        var normalized = false

        enum CodingKeys: String, CodingKey {
            case id, content, special, lstrip, rstrip, normalized
            case singleWord = "single_word"
        }
    }

    /// A pre-tokenizer, decoder or the like, by its type and the options of `ByteLevel`.
    struct Component: Codable {
        var type: String
        var addPrefixSpace: Bool?
        var trimOffsets: Bool?
        var useRegex: Bool?

        static let byteLevel = Component(type: "ByteLevel", addPrefixSpace: false, trimOffsets: true, useRegex: true)

        enum CodingKeys: String, CodingKey {
            case type
            case addPrefixSpace = "add_prefix_space"
            case trimOffsets = "trim_offsets"
            case useRegex = "use_regex"
        }
    }

    struct Model: Codable {
        var type: String? = "BPE"
        var dropout: Double?
        var continuingSubwordPrefix: String?
        var endOfWordSuffix: String?
        var ignoreMerges: Bool? = false
        var vocab: [String: Int]
        var merges: [MergeText]

        enum CodingKeys: String, CodingKey {
            case type, dropout, vocab, merges
            case continuingSubwordPrefix = "continuing_subword_prefix"
            case endOfWordSuffix = "end_of_word_suffix"
            case ignoreMerges = "ignore_merges"
        }
    }

    /// `"left right"`, as every reader understands, or `["left", "right"]`, as newer writers have it.
    struct MergeText: Codable {
        var left: String
        var right: String

        init(left: String, right: String) {
            self.left = left
            self.right = right
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            let parts =
                if let text = try? container.decode(String.self) {
                    text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
                } else {
                    try container.decode([String].self)
                }
            guard parts.count == 2 else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "not two tokens")
            }
            self.init(left: parts[0], right: parts[1])
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode("\(left) \(right)")
        }
    }
}

extension TokenizerFile {
    /// Refuses every setting under which other ids would come out than are computed here.
    func requireSupported() throws(TokenizerFailure) {
        if let normalizer { throw .unsupported("the normalizer \(normalizer.type)") }
        guard let preTokenizer, preTokenizer.type == "ByteLevel", preTokenizer.useRegex ?? true else {
            throw .unsupported("the pre-tokenizer \(preTokenizer?.type ?? "none")")
        }
        if preTokenizer.addPrefixSpace ?? true { throw .unsupported("a space added before the text") }
        if let postProcessor, postProcessor.type != "ByteLevel" {
            throw .unsupported("the post-processor \(postProcessor.type)")
        }
        if let type = model.type, type != "BPE" { throw .unsupported("the model \(type)") }
        if model.ignoreMerges == true { throw .unsupported("whole words before merges") }
        if (model.dropout ?? 0) != 0 { throw .unsupported("dropout") }
        if !(model.continuingSubwordPrefix ?? "").isEmpty { throw .unsupported("a prefix of parts of words") }
        if !(model.endOfWordSuffix ?? "").isEmpty { throw .unsupported("a suffix of words") }
    }

    /// The id of the one special token.
    func endOfText() throws(TokenizerFailure) -> Int {
        guard let token = addedTokens.first(where: { $0.content == Tokenizer.endOfTextName }) else {
            throw .malformed("'\(Tokenizer.endOfTextName)' is not among the added tokens")
        }
        if let other = addedTokens.first(where: { $0.content != token.content }) {
            throw .unsupported("the added token '\(other.content)'")
        }
        if let id = model.vocab[token.content], id != token.id {
            throw .malformed("'\(token.content)' has id \(token.id) and \(id)")
        }
        return token.id
    }
}
