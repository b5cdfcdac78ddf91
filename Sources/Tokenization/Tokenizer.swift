/// A byte-level BPE tokenizer (Sennrich et al., 2016; Radford et al., 2019): any bytes to token ids and back.
///
/// Text is divided into words by a pattern, each word into bytes, and neighbouring tokens of a word are merged by the
/// learned merges, the earliest learned first and from left to right.
public struct Tokenizer: Sendable {
    /// The text of the special token that ends every document, unless another is asked for.
    public static let endOfTextName = "<|endoftext|>"

    /// Every byte and the end of text, up to what the tokenizers in use have.
    public static let vocabularyRange = 257...262_144

    /// In bytes; tables hold no longer words.
    static let longestToken = WordKey.longest
    /// In bytes.
    static let longestSpecialName = 256

    /// How text is divided into words.
    public let pattern: SplitPattern

    /// A token that is never made from text, whatever the text says: only its id stands for it, and it for no bytes.
    public struct SpecialToken: Hashable, Sendable {
        public var id: UInt32
        public var name: String
    }

    /// In the order of their ids; the end of text is one of them.
    public let specialTokens: [SpecialToken]

    /// Id of the special token that ends every document.
    public let endOfText: UInt32

    /// The bytes that each id stands for; none for special tokens.
    let tokens: TokenBytes
    /// In the order of learning.
    let merges: [Merge]
    /// Whether a word that is a token is that token, even where merges would divide it.
    let keepsWholeWords: Bool

    /// For each pair that merges its index in `merges`, the rank, times 2³², plus the id of the result.
    let ranks: PairTable
    /// The id of each single byte.
    let byteTokens: [UInt32]

    /// - Parameters:
    ///   - tokens: all 256 single bytes among them, and nothing twice but the special tokens' no bytes.
    ///   - merges: each pair at most once, all ids in `tokens`.
    ///   - specialTokens: in the order of their ids.
    init(
        pattern: SplitPattern, tokens: TokenBytes, merges: [Merge], specialTokens: [SpecialToken], endOfText: UInt32,
        keepsWholeWords: Bool = false
    ) {
        self.pattern = pattern
        self.tokens = tokens
        self.merges = merges
        self.specialTokens = specialTokens
        self.endOfText = endOfText
        self.keepsWholeWords = keepsWholeWords
        var ranks = PairTable(capacity: merges.count)
        for (rank, merge) in merges.enumerated() {
            ranks.insert(merge.pair, UInt64(rank) << 32 | UInt64(merge.result))
        }
        self.ranks = ranks
        byteTokens = tokens.idsOfSingleBytes()
    }

    /// Token ids are 0 ..< vocabulary.
    public var vocabulary: Int { tokens.count }

    /// How many bytes of text the token stands for: 0 for special tokens and for ids outside the vocabulary.
    public func byteCount(of id: UInt32) -> Int {
        id < tokens.count ? tokens[Int(id)].count : 0
    }

    /// The bytes of all tokens, joined. Not always UTF-8: a token may end within a character.
    ///
    /// Special tokens and ids outside the vocabulary stand for no bytes.
    public func decode(_ ids: some Sequence<UInt32>) -> [UInt8] {
        ids.reduce(into: []) { bytes, id in
            if id < tokens.count { bytes += tokens[Int(id)] }
        }
    }

    /// Token ids of a text, without an end of text. For many texts use one `TokenEncoder`.
    ///
    /// The name of a special token in the text is text like any other.
    public func encode(_ text: some StringProtocol) -> [UInt32] {
        encode(bytes: Array(text.utf8))
    }

    /// Token ids of any bytes: `decode(encode(bytes: bytes)) == bytes`.
    public func encode(bytes: [UInt8]) -> [UInt32] {
        var encoder = TokenEncoder(self)
        return encoder.encode(bytes: bytes)
    }
}

extension Tokenizer: Hashable {
    /// Whether both give the same ids for all bytes, and stand in the same file.
    public static func == (one: Tokenizer, other: Tokenizer) -> Bool {
        one.pattern == other.pattern && one.specialTokens == other.specialTokens && one.endOfText == other.endOfText
            && one.keepsWholeWords == other.keepsWholeWords && one.tokens == other.tokens && one.merges == other.merges
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(tokens)
        hasher.combine(merges)
    }
}

extension Tokenizer: CustomStringConvertible {
    public var description: String { "byte-level BPE of \(vocabulary) entries, pattern \(pattern.rawValue)" }
}

/// A pair that becomes one token, wherever it stands.
struct Merge: Hashable, Sendable {
    var pair: TokenPair
    var result: UInt32
}
