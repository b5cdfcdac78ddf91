/// How text is divided into the words that merges never cross.
///
/// Words follow each other without a gap, so joined they are the bytes again, well-formed UTF-8 or not. A byte that is
/// not part of well-formed UTF-8 counts as a character that is neither letter, number nor white space.
public enum SplitPattern: String, CaseIterable, Codable, Sendable {
    /// GPT-2's (Radford et al., 2019, `encoder.py`).
    case gpt2
    /// That of GPT-4 (`cl100k_base` in tiktoken), which Llama 3 took over: contractions in any case, one sign before a
    /// word, numbers of three digits at most, line ends together.
    case gpt4

    /// The regular expression, with greedy alternatives tried from left to right.
    public var regularExpression: String {
        switch self {
        case .gpt2: #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
        case .gpt4:
            #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"#
                + #"|\s*[\r\n]+|\s+(?!\S)|\s+"#
        }
    }

    /// Other spellings of the same pattern, as files in use have them.
    private var otherSpellings: [String] {
        switch self {
        case .gpt2:
            [
                #"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#,
                #"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"#,
            ]
        case .gpt4:
            [
                #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]"#
                    + #"|\s+(?!\S)|\s+"#
            ]
        }
    }

    /// - Returns: nil when no pattern supported here is spelled so.
    init?(regularExpression: String) {
        let found = Self.allCases.first {
            $0.regularExpression == regularExpression || $0.otherSpellings.contains(regularExpression)
        }
        guard let found else { return nil }
        self = found
    }
}
