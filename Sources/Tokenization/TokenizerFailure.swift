/// Why there is no tokenizer.
public enum TokenizerFailure: Error, Hashable, Sendable, CustomStringConvertible {
    case vocabularyOutOfRange(Int)
    /// The file is longer than any tokenizer of the allowed vocabulary.
    case tooLarge(bytes: Int, limit: Int)
    /// Not a `tokenizer.json`, or one that contradicts itself.
    case malformed(String)
    /// A sound `tokenizer.json` of another kind than byte-level BPE with GPT-2's pattern.
    case unsupported(String)

    public var description: String {
        switch self {
        case .vocabularyOutOfRange(let count):
            "a vocabulary of \(count) is not between \(Tokenizer.vocabularyRange.lowerBound)"
                + " (256 bytes and the end of text) and \(Tokenizer.vocabularyRange.upperBound)"
        case .tooLarge(let bytes, let limit): "tokenizer.json has \(bytes) bytes, more than the \(limit) allowed"
        case .malformed(let reason): "malformed tokenizer.json: \(reason)"
        case .unsupported(let what): "this tokenizer.json uses \(what); only GPT-2's byte-level BPE is supported"
        }
    }
}
