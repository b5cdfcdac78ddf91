/// One thing that is done to a document before it becomes tokens: a repair that changes it, or a rule that removes it.
///
/// Steps are applied in the order of a recipe, each to what the one before it left. A document is well-formed UTF-8;
/// lines end with a line feed (for any other line end, put `whitespace` first).
public enum CleaningStep: Hashable, Sendable {
    /// Unicode's normalization form C: one spelling for each accented letter (UAX #15).
    ///
    /// What the running system's Unicode tables compose. Characters that a later Unicode version adds stay as they are
    /// until then; those already in Unicode never change (its normalization stability policy), so two toolchains can
    /// differ only in characters younger than the older one's tables.
    case nfc

    /// Drops what is never seen and carries no text:
    ///
    /// | characters | what they are |
    /// |---|---|
    /// | U+0000–0008, 000E–001F, 007F–0084, 0086–009F | controls, except tab and line ends |
    /// | U+00AD | soft hyphen |
    /// | U+061C, 200E–200F, 202A–202E, 2066–206F | marks, embeddings, overrides and isolates of writing direction |
    /// | U+200B, 2060–2065 | zero-width space, word joiner, invisible operators |
    /// | U+FEFF, FFF9–FFFB | byte-order mark, interlinear annotation |
    /// | U+FDD0–FDEF and the last two of each plane | noncharacters |
    ///
    /// Zero-width joiners (U+200C–200D) and variation selectors stay: Persian, Indic scripts and emoji are spelled with
    /// them. So does U+FFFD, the trace of bytes that were no text.
    case controlCharacters

    /// One way to write blanks, in this order:
    ///
    /// 1. Every line end (CR LF, CR, and U+000B, 000C, 0085, 2028, 2029) becomes a line feed.
    /// 2. Every blank of fixed width (U+00A0, 1680, 2000–200A, 202F, 205F) becomes a space; the ideographic U+3000 stays.
    /// 3. Spaces and tabs at the end of a line go.
    /// 4. Spaces that follow a space become one space, but not at the start of a line: indentation stays, as do tabs.
    /// 5. Blank lines in a row become one; those before the first line and after the last go.
    ///
    /// The last line keeps its line feed if it had one.
    case whitespace

    /// Removes a document of fewer or more characters (Unicode scalars) than these.
    case length(minimum: Int, maximum: Int)

    /// Removes a document in which too many lines were there before: Gopher's duplicate line fraction and duplicate
    /// line character fraction (Rae et al. 2021, appendix A.1.1).
    ///
    /// A line counts without the spaces and tabs around it; blank lines do not count. A line repeats if it is equal to
    /// an earlier one. Both shares are of all lines: the first in number, the second in bytes. In a long document, each
    /// 65,536 lines are looked at by themselves.
    case repeatedLines(maximumShare: Double, maximumByteShare: Double)

    /// The same of paragraphs, which one or more empty lines part.
    case repeatedParagraphs(maximumShare: Double, maximumByteShare: Double)

    /// Removes a document whose most frequent n-gram takes up too much: Gopher's top n-gram character fraction.
    ///
    /// Words are what blanks part. The share is the n-gram's count × its bytes, of the bytes of all words; an n-gram that
    /// occurs once counts nothing. In a long document, each 65,536 words are looked at by themselves and added up.
    case frequentNGram(length: Int, maximumShare: Double)

    /// Removes a document with too many words inside n-grams that were there before: Gopher's duplicate n-gram
    /// character fraction.
    ///
    /// The share is in bytes of words, each word counted once however many repeated n-grams it is in; the first
    /// occurrence does not count. In a long document, each 65,536 words are looked at by themselves and added up.
    case repeatedNGrams(length: Int, maximumShare: Double)
}

// MARK: Lists

extension CleaningStep {
    /// Repairs that suit any text, poems and source code as well, and the removal of documents with nothing in them.
    ///
    /// Applied to their own result, they change nothing. For that, composition follows the removal of what may stand
    /// between a letter and its accent.
    public static let standard: [CleaningStep] = [
        .controlCharacters, .nfc, .whitespace, .length(minimum: 1, maximum: .max),
    ]

    /// For text from web pages: also all repetition rules of Gopher, with its limits (Rae et al. 2021, table A1).
    ///
    /// They would remove much source code and many poems, which repeat lines by nature.
    public static let webPages: [CleaningStep] =
        [
            .controlCharacters, .nfc, .whitespace, .length(minimum: 200, maximum: .max),
            .repeatedLines(maximumShare: 0.30, maximumByteShare: 0.20),
            .repeatedParagraphs(maximumShare: 0.30, maximumByteShare: 0.20),
        ]
        + [(2, 0.20), (3, 0.18), (4, 0.16)].map { .frequentNGram(length: $0, maximumShare: $1) }
        + [(5, 0.15), (6, 0.14), (7, 0.13), (8, 0.12), (9, 0.11), (10, 0.10)].map {
            .repeatedNGrams(length: $0, maximumShare: $1)
        }
}

// MARK: Names and limits

extension CleaningStep {
    /// As a recipe writes it.
    public var name: String {
        switch self {
        case .nfc: "nfc"
        case .controlCharacters: "controlCharacters"
        case .whitespace: "whitespace"
        case .length: "length"
        case .repeatedLines: "repeatedLines"
        case .repeatedParagraphs: "repeatedParagraphs"
        case .frequentNGram: "frequentNGram"
        case .repeatedNGrams: "repeatedNGrams"
        }
    }

    /// - Throws: `CleaningFailure` for limits that no document or every document would break.
    public func validate() throws(CleaningFailure) {
        switch self {
        case .nfc, .controlCharacters, .whitespace: break
        case .length(let minimum, let maximum):
            guard minimum >= 0, minimum <= maximum else { throw .lengths(minimum: minimum, maximum: maximum) }
        case .repeatedLines(let share, let byteShare), .repeatedParagraphs(let share, let byteShare):
            try validate(share: share)
            try validate(share: byteShare)
        case .frequentNGram(let length, let share), .repeatedNGrams(let length, let share):
            guard (1...64).contains(length) else { throw .nGramLength(step: name, length) }
            try validate(share: share)
        }
    }

    private func validate(share: Double) throws(CleaningFailure) {
        guard (0...1).contains(share) else { throw .share(step: name, share) }
    }
}
