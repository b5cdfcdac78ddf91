/// Why there is no tokenizer.
public enum TokenizerFailure: Error, Hashable, Sendable, CustomStringConvertible {
    case vocabularyOutOfRange(Int)
    /// A special token of that name cannot be told apart from the others, or from tokens that text is made of.
    case badSpecialToken(String)
    /// The file is longer than any tokenizer of the allowed vocabulary.
    case tooLarge(bytes: Int, limit: Int)
    /// Not a `tokenizer.json`, or one that contradicts itself.
    case malformed(String)
    /// A sound `tokenizer.json` of another kind than those whose ids are computed here.
    case unsupported(String)
    /// No special token has the name of one that ends a text.
    case noEndOfText(names: [String], found: [String])

    public var description: String {
        switch self {
        case .vocabularyOutOfRange(let count):
            "a vocabulary of \(count) is not between \(Tokenizer.vocabularyRange.lowerBound)"
                + " (256 bytes and the end of text) and \(Tokenizer.vocabularyRange.upperBound)"
        case .badSpecialToken(let name):
            "'\(name)' cannot be a special token: it is empty, longer than \(Tokenizer.longestSpecialName) bytes, given"
                + " twice, or an ordinary token too; a name such as <|\(name.isEmpty ? "name" : name)|> can"
        case .tooLarge(let bytes, let limit): "tokenizer.json has \(bytes) bytes, more than the \(limit) allowed"
        case .malformed(let reason): "malformed tokenizer.json: \(reason)"
        case .unsupported(let what):
            "this tokenizer.json uses \(what); supported is byte-level BPE with the patterns of GPT-2 and GPT-4, without"
                + " a normalizer"
        case .noEndOfText(let names, let found):
            "no special token ends a text: none of \(names.joined(separator: ", ")) is among the added tokens ("
                + (found.isEmpty ? "none" : found.joined(separator: ", ")) + "); say which one does"
        }
    }
}
