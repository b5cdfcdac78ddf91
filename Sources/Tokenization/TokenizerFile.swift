/// The parts of a Hugging Face `tokenizer.json` that decide ids. What is written is what the defaults say.
struct TokenizerFile: Codable {
    var version = "1.0"
    var addedTokens: [AddedToken]
    var normalizer: Component?
    var preTokenizer: Component?
    var postProcessor: Component?
    var decoder: Component? = .byteLevel(dividing: true)
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

    /// A normalizer, pre-tokenizer, decoder or the like: its type, and the options of those that are supported.
    struct Component: Codable {
        var type: String
        // Of `ByteLevel`.
        var addPrefixSpace: Bool?
        var trimOffsets: Bool?
        var useRegex: Bool?
        // Of `Split`.
        var pattern: Pattern?
        var behavior: String?
        var invert: Bool?
        // Of `Sequence`.
        var pretokenizers: [Component]?
        var processors: [Component]?

        struct Pattern: Codable {
            var regularExpression: String?

            enum CodingKeys: String, CodingKey {
                case regularExpression = "Regex"
            }
        }

        enum CodingKeys: String, CodingKey {
            case type, pattern, behavior, invert, pretokenizers, processors
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
        var byteFallback: Bool?
        var ignoreMerges: Bool? = false
        var vocab: [String: Int]
        var merges: [MergeText]

        enum CodingKeys: String, CodingKey {
            case type, dropout, vocab, merges
            case continuingSubwordPrefix = "continuing_subword_prefix"
            case endOfWordSuffix = "end_of_word_suffix"
            case byteFallback = "byte_fallback"
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
