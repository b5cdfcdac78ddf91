extension Tokenizer {
    /// Learns merges from counted words until the vocabulary is full, or smaller when no pair of tokens occurs twice any
    /// more.
    ///
    /// Deterministic, and independent of the order of texts: the most frequent pair of neighbours merges first; of
    /// equally frequent ones the pair with the smaller left id, then the smaller right id. Ids are the 256 bytes in the
    /// order of GPT-2's alphabet, the merged tokens in the order of learning, the end of text, and other special tokens.
    /// These are the merges that the Hugging Face package learns from the same text, if no word of it has more than
    /// 1,024 bytes.
    ///
    /// - Parameters:
    ///   - counts: used up.
    ///   - vocabulary: entries in all, within `vocabularyRange`.
    ///   - specialTokens: names of special tokens beside `<|endoftext|>`: not empty, and none twice.
    public static func train(
        on counts: consuming WordCounts, vocabulary: Int, specialTokens: [String] = []
    ) throws(TokenizerFailure) -> Tokenizer {
        let names = [endOfTextName] + specialTokens
        guard vocabularyRange.contains(vocabulary), vocabulary >= 256 + names.count else {
            throw .vocabularyOutOfRange(vocabulary)
        }
        let pattern = counts.pattern
        var learner = MergeLearner(counts)
        while learner.tokens.count < vocabulary - names.count, learner.mergeMostFrequent() {}

        try requireDistinct(names, from: learner.tokens)
        var tokens = learner.tokens
        var specials: [SpecialToken] = []
        for name in names {
            specials.append(SpecialToken(id: UInt32(tokens.count), name: name))
            tokens.append([])
        }
        return Tokenizer(
            pattern: pattern, tokens: tokens, merges: learner.merges, specialTokens: specials,
            endOfText: UInt32(learner.tokens.count))
    }

    /// Learns from texts that are in memory, as `train(on:vocabulary:specialTokens:)` does from counts.
    ///
    /// - Parameter threads: how many threads count words.
    public static func train(
        on documents: some Sequence<String>, vocabulary: Int, pattern: SplitPattern = .gpt2,
        specialTokens: [String] = [], threads: Int = 1
    ) throws(TokenizerFailure) -> Tokenizer {
        var counts = WordCounts(pattern: pattern)
        counts.add(documents.lazy.map { Array($0.utf8) }, threads: threads)
        return try train(on: counts, vocabulary: vocabulary, specialTokens: specialTokens)
    }

    /// Refuses names that a `tokenizer.json` could not tell apart.
    private static func requireDistinct(_ names: [String], from tokens: TokenBytes) throws(TokenizerFailure) {
        var seen = Set((0..<tokens.count).map { ByteAlphabet.spell(tokens[$0]) })
        for name in names {
            guard (1...longestSpecialName).contains(name.utf8.count), seen.insert(name).inserted else {
                throw .badSpecialToken(name)
            }
        }
    }
}
