import Foundation
import WorkUnits

extension Tokenizer {
    /// The longest `tokenizer.json` that is read: several times what the largest vocabulary needs.
    public static let maximumFileBytes = 64 << 20

    /// Names of a special token that ends a text, in the order in which they are looked for in a file.
    public static let endOfTextNames = [endOfTextName, "<|end_of_text|>", "</s>"]

    /// The tokenizer as a Hugging Face `tokenizer.json`, which gives the same ids there for every text without the name
    /// of a special token. (Such a name becomes the special token there, and stays text here.)
    ///
    /// The same tokenizer gives the same bytes.
    public func json() throws -> [UInt8] {
        var names = (0..<tokens.count).map { ByteAlphabet.spell(tokens[$0]) }
        for token in specialTokens { names[Int(token.id)] = token.name }
        let file = TokenizerFile(
            addedTokens: specialTokens.map { .init(id: Int($0.id), content: $0.name) },
            preTokenizer: .dividing(by: pattern),
            model: .init(
                ignoreMerges: keepsWholeWords,
                vocab: Dictionary(uniqueKeysWithValues: zip(names, 0...)),
                merges: merges.map { .init(left: names[Int($0.pair.left)], right: names[Int($0.pair.right)]) }))
        return try CanonicalJSON.encode(file)
    }

    /// Reads a `tokenizer.json` of byte-level BPE with GPT-2's or GPT-4's pattern: one written here, GPT-2's own,
    /// Llama 3's, and their like.
    ///
    /// Ids are those of the Hugging Face package without the special tokens that its templates add. Checked before use:
    /// ids are 0 ..< vocabulary, each once; every byte has a token; every merge joins two tokens into a third and stands
    /// once; added tokens are special.
    ///
    /// - Parameter endOfText: the name of the special token that ends a text; without it, the first of
    ///   `endOfTextNames` that the file has.
    public init(json: [UInt8], endOfText: String? = nil) throws(TokenizerFailure) {
        guard json.count <= Self.maximumFileBytes else {
            throw .tooLarge(bytes: json.count, limit: Self.maximumFileBytes)
        }
        let file: TokenizerFile
        do {
            file = try JSONDecoder().decode(TokenizerFile.self, from: Data(json))
        } catch {
            throw .malformed(MalformedDocument.explain(error))
        }
        try self.init(file, endOfText: endOfText)
    }

    private init(_ file: TokenizerFile, endOfText: String?) throws(TokenizerFailure) {
        let pattern = try file.requireSupported()
        let specials = try file.specialTokens(endingWith: endOfText)
        var vocab = file.model.vocab
        for token in specials.all { vocab[token.name] = nil }
        let count = vocab.count + specials.all.count
        guard Self.vocabularyRange.contains(count) else { throw .vocabularyOutOfRange(count) }
        let tokens = try Self.tokens(vocab, specials: specials.all)
        self.init(
            pattern: pattern, tokens: tokens, merges: try Self.merges(file.model.merges, vocab: vocab),
            specialTokens: specials.all, endOfText: specials.endOfText,
            keepsWholeWords: file.model.ignoreMerges ?? false)
    }

    /// - Parameter vocab: without the special tokens.
    private static func tokens(
        _ vocab: [String: Int], specials: [SpecialToken]
    ) throws(TokenizerFailure) -> TokenBytes {
        var tokens: [[UInt8]?] = Array(repeating: nil, count: vocab.count + specials.count)
        func place(_ bytes: [UInt8], _ name: String, at id: Int) throws(TokenizerFailure) {
            guard tokens.indices.contains(id) else {
                throw .malformed("token '\(name)' has id \(id), outside 0 ..< \(tokens.count)")
            }
            guard tokens[id] == nil else { throw .malformed("id \(id) stands for two tokens, one of them '\(name)'") }
            tokens[id] = bytes
        }
        for token in specials { try place([], token.name, at: Int(token.id)) }
        for (name, id) in vocab {
            guard let bytes = ByteAlphabet.read(name), !bytes.isEmpty else {
                throw .malformed("token '\(name)' is not written in the alphabet of bytes")
            }
            guard bytes.count <= longestToken else {
                throw .unsupported("a token of \(bytes.count) bytes, more than \(longestToken)")
            }
            try place(bytes, name, at: id)
        }
        for byte in UInt8.min...UInt8.max where vocab[ByteAlphabet.spell([byte])] == nil {
            throw .malformed("no token stands for byte \(byte)")
        }
        return TokenBytes(tokens.lazy.compactMap(\.self))
    }

    /// - Parameter vocab: without the special tokens, so that none merges.
    private static func merges(
        _ texts: [TokenizerFile.MergeText], vocab: [String: Int]
    ) throws(TokenizerFailure) -> [Merge] {
        var merges: [Merge] = []
        var seen: Set<TokenPair> = []
        for (index, text) in texts.enumerated() {
            func id(_ name: String) throws(TokenizerFailure) -> UInt32 {
                guard let id = vocab[name] else {
                    throw .malformed("merge \(index) needs '\(name)', which is not in the vocabulary")
                }
                return UInt32(id)
            }
            let pair = TokenPair(try id(text.left), try id(text.right))
            guard seen.insert(pair).inserted else {
                throw .malformed("merge \(index), '\(text.left) \(text.right)', stands there twice")
            }
            merges.append(Merge(pair: pair, result: try id(text.left + text.right)))
        }
        return merges
    }
}
