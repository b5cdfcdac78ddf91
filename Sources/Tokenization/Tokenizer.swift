/// A byte-level BPE tokenizer (Sennrich et al., 2016; Radford et al., 2019): any bytes to token ids and back.
///
/// Text is divided into words by GPT-2's pattern, each word into bytes, and neighbouring tokens of a word are merged by
/// the learned merges, the earliest learned first and from left to right.
public struct Tokenizer: Sendable, Hashable {
    /// The text of the special token that ends every document. Never made from text: only `endOfText` stands for it.
    public static let endOfTextName = "<|endoftext|>"

    /// Every byte and the end of text, up to ids that any update and any shard can hold.
    public static let vocabularyRange = 257...100_000

    /// Id of the special token; the last one of a tokenizer trained here.
    public let endOfText: UInt32

    /// The bytes that each id stands for; none for the end of text.
    let tokens: [[UInt8]]
    /// In the order of learning.
    let merges: [Merge]
    /// The index in `merges` of each pair that merges.
    let ranks: [TokenPair: Int]
    /// The id of each single byte.
    let byteTokens: [UInt32]

    /// - Parameters:
    ///   - byteTokens: 256 ids, of the tokens of one byte.
    ///   - merges: each pair at most once, all ids in `tokens`.
    init(tokens: [[UInt8]], merges: [Merge], byteTokens: [UInt32], endOfText: UInt32) {
        self.tokens = tokens
        self.merges = merges
        self.byteTokens = byteTokens
        self.endOfText = endOfText
        ranks = Dictionary(uniqueKeysWithValues: merges.enumerated().map { ($1.pair, $0) })
    }

    /// Token ids are 0 ..< vocabulary.
    public var vocabulary: Int { tokens.count }

    /// How many bytes of text the token stands for: 0 for the end of text and for ids outside the vocabulary.
    public func byteCount(of id: UInt32) -> Int {
        id < tokens.count ? tokens[Int(id)].count : 0
    }

    /// The bytes of all tokens, joined. Not always UTF-8: a token may end within a character.
    ///
    /// The end of text and ids outside the vocabulary stand for no bytes.
    public func decode(_ ids: some Sequence<UInt32>) -> [UInt8] {
        ids.reduce(into: []) { bytes, id in
            if id < tokens.count { bytes += tokens[Int(id)] }
        }
    }

    /// Token ids of a text, without an end of text. For many texts use one `TokenEncoder`.
    public func encode(_ text: some StringProtocol) -> [UInt32] {
        encode(bytes: Array(text.utf8))
    }

    /// Token ids of any bytes: `decode(encode(bytes: bytes)) == bytes`.
    public func encode(bytes: [UInt8]) -> [UInt32] {
        var encoder = TokenEncoder(self)
        return encoder.encode(bytes: bytes)
    }
}

/// Two neighbouring tokens. Ordered by the left id, then the right one.
struct TokenPair: Hashable, Comparable, Sendable {
    private let key: UInt64

    init(_ left: UInt32, _ right: UInt32) {
        key = UInt64(left) << 32 | UInt64(right)
    }

    var left: UInt32 { UInt32(truncatingIfNeeded: key >> 32) }
    var right: UInt32 { UInt32(truncatingIfNeeded: key) }

    static func < (one: TokenPair, other: TokenPair) -> Bool {
        one.key < other.key
    }
}

/// A pair that becomes one token, wherever it stands.
struct Merge: Hashable, Sendable {
    var pair: TokenPair
    var result: UInt32
}
