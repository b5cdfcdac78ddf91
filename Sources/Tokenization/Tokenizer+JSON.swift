import Foundation
import WorkUnits

extension Tokenizer {
    /// The longest `tokenizer.json` that is read: several times what 100,000 entries need.
    public static let maximumFileBytes = 32 << 20

    /// The tokenizer as a Hugging Face `tokenizer.json`, which gives the same ids there.
    ///
    /// The same tokenizer gives the same bytes.
    public func json() throws -> [UInt8] {
        let names = tokens.indices.map { $0 == endOfText ? Self.endOfTextName : ByteAlphabet.spell(tokens[$0]) }
        let file = TokenizerFile(
            addedTokens: [.init(id: Int(endOfText), content: Self.endOfTextName)],
            model: .init(
                vocab: Dictionary(uniqueKeysWithValues: zip(names, 0...)),
                merges: merges.map { .init(left: names[Int($0.pair.left)], right: names[Int($0.pair.right)]) }))
        return try CanonicalJSON.encode(file)
    }

    /// Reads a `tokenizer.json` of byte-level BPE with GPT-2's pattern: one written here, GPT-2's own, and their like.
    ///
    /// Checked before use: ids are 0 ..< vocabulary, each once; every byte has a token; every merge joins two tokens
    /// into a third and stands once; `<|endoftext|>` is the only special token.
    public init(json: [UInt8]) throws(TokenizerFailure) {
        guard json.count <= Self.maximumFileBytes else {
            throw .tooLarge(bytes: json.count, limit: Self.maximumFileBytes)
        }
        let file: TokenizerFile
        do {
            file = try JSONDecoder().decode(TokenizerFile.self, from: Data(json))
        } catch {
            throw .malformed(MalformedDocument.explain(error))
        }
        try file.requireSupported()
        try self.init(file)
    }

    private init(_ file: TokenizerFile) throws(TokenizerFailure) {
        let endOfText = try file.endOfText()
        var vocab = file.model.vocab
        vocab[Self.endOfTextName] = endOfText
        guard Self.vocabularyRange.contains(vocab.count) else { throw .vocabularyOutOfRange(vocab.count) }

        var tokens: [[UInt8]?] = Array(repeating: nil, count: vocab.count)
        for (name, id) in vocab {
            guard tokens.indices.contains(id) else {
                throw .malformed("token '\(name)' has id \(id), outside 0 ..< \(tokens.count)")
            }
            guard tokens[id] == nil else { throw .malformed("id \(id) stands for two tokens, one of them '\(name)'") }
            guard let bytes = id == endOfText ? [] : ByteAlphabet.read(name), id == endOfText || !bytes.isEmpty else {
                throw .malformed("token '\(name)' is not written in the alphabet of bytes")
            }
            tokens[id] = bytes
        }
        vocab[Self.endOfTextName] = nil
        self.init(
            tokens: tokens.compactMap(\.self), merges: try Self.merges(file.model.merges, vocab: vocab),
            byteTokens: try Self.byteTokens(vocab), endOfText: UInt32(endOfText))
    }

    private static func byteTokens(_ vocab: [String: Int]) throws(TokenizerFailure) -> [UInt32] {
        var ids: [UInt32] = []
        for byte in UInt8.min...UInt8.max {
            guard let id = vocab[ByteAlphabet.spell([byte])] else {
                throw .malformed("no token stands for byte \(byte)")
            }
            ids.append(UInt32(id))
        }
        return ids
    }

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
