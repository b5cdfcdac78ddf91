extension Tokenizer {
    /// Learns merges from text until the vocabulary is full, or smaller when no pair of tokens occurs twice any more.
    ///
    /// Deterministic, and independent of the documents' order: the most frequent pair of neighbours merges first; of
    /// equally frequent ones the pair with the smaller left id, then the smaller right id. Ids are the 256 bytes in the
    /// order of GPT-2's alphabet, the merged tokens in the order of learning, and the end of text.
    ///
    /// - Parameter vocabulary: entries in all, within `vocabularyRange`.
    public static func train(
        on documents: some Sequence<String>, vocabulary: Int
    ) throws(TokenizerFailure) -> Tokenizer {
        guard vocabularyRange.contains(vocabulary) else { throw .vocabularyOutOfRange(vocabulary) }
        var learner = MergeLearner(documents)
        while learner.tokens.count < vocabulary - 1, learner.mergeMostFrequent() {}
        return Tokenizer(
            tokens: learner.tokens + [[]], merges: learner.merges, byteTokens: MergeLearner.byteTokens,
            endOfText: UInt32(learner.tokens.count))
    }
}

/// Every different word of a text as tokens, and which pairs of neighbours it holds how often.
private struct MergeLearner {
    private(set) var tokens = ByteAlphabet.bytes.map { [$0] }
    private(set) var merges: [Merge] = []

    private var words: [Word] = []
    private var pairs: [TokenPair: Occurrences] = [:]
    /// Every pair that occurs twice, with its count or an older, greater one.
    private var queue: Heap<Candidate>
    private var idOfBytes: [[UInt8]: UInt32]
    private var learned: Set<TokenPair> = []

    static let byteTokens: [UInt32] = ByteAlphabet.bytes.enumerated().reduce(into: Array(repeating: 0, count: 256)) {
        $0[Int($1.element)] = UInt32($1.offset)
    }

    init(_ documents: some Sequence<String>) {
        queue = Heap()
        idOfBytes = Dictionary(uniqueKeysWithValues: zip(tokens, UInt32(0)...))
        for (bytes, count) in Self.countWords(documents) {
            words.append(Word(tokens: bytes.map { Self.byteTokens[Int($0)] }, count: count))
            for pair in words[words.count - 1].pairs {
                pairs[pair, default: Occurrences()].add(count, word: words.count - 1)
            }
        }
        queue = Heap(pairs.compactMap { $1.count > 1 ? Candidate(count: $1.count, pair: $0) : nil })
    }

    private static func countWords(_ documents: some Sequence<String>) -> [ArraySlice<UInt8>: Int] {
        var counts: [ArraySlice<UInt8>: Int] = [:]
        for document in documents {
            for word in Words(Array(document.utf8)) {
                if let index = counts.index(forKey: word) {
                    counts.values[index] += 1
                } else {
                    counts[ArraySlice(Array(word))] = 1  // A copy: a slice would keep the whole document.
                }
            }
        }
        return counts
    }

    /// - Returns: false when no pair occurs twice.
    mutating func mergeMostFrequent() -> Bool {
        while let candidate = queue.pop() {
            let count = pairs[candidate.pair]?.count ?? 0
            if count == candidate.count {
                merge(candidate.pair)
                return true
            }
            enqueue(candidate.pair)
        }
        return false
    }

    private mutating func enqueue(_ pair: TokenPair) {
        guard let count = pairs[pair]?.count, count > 1 else { return }
        queue.push(Candidate(count: count, pair: pair))
    }

    private mutating func merge(_ pair: TokenPair) {
        let result = learn(pair)
        guard let occurrences = pairs[pair] else { return }
        pairs[pair]?.words = []
        var grown: Set<TokenPair> = []
        for index in occurrences.words {
            guard let merged = words[index].merging(pair, into: result) else { continue }
            let word = words[index]
            for pair in word.pairs { pairs[pair, default: Occurrences()].count -= word.count }
            for pair in merged.pairs {
                if pair.left == result || pair.right == result {
                    pairs[pair, default: Occurrences()].add(word.count, word: index)
                    grown.insert(pair)
                } else {
                    pairs[pair, default: Occurrences()].count += word.count
                }
            }
            words[index] = merged
        }
        for pair in grown { enqueue(pair) }
    }

    /// The token that the pair becomes. Two pairs may spell the same bytes: they become the same token.
    private mutating func learn(_ pair: TokenPair) -> UInt32 {
        let bytes = tokens[Int(pair.left)] + tokens[Int(pair.right)]
        let known = idOfBytes[bytes]
        let result = known ?? UInt32(tokens.count)
        if known == nil {
            idOfBytes[bytes] = result
            tokens.append(bytes)
        }
        if learned.insert(pair).inserted { merges.append(Merge(pair: pair, result: result)) }
        return result
    }
}

private struct Word {
    var tokens: [UInt32]
    /// How often the text has it.
    var count: Int

    /// Neighbours, from left to right.
    var pairs: some Sequence<TokenPair> {
        zip(tokens, tokens.dropFirst()).lazy.map { TokenPair($0, $1) }
    }

    /// - Returns: nil when the pair does not occur.
    func merging(_ pair: TokenPair, into result: UInt32) -> Word? {
        var merged: [UInt32] = []
        var index = 0
        while index < tokens.count {
            if index + 1 < tokens.count, tokens[index] == pair.left, tokens[index + 1] == pair.right {
                merged.append(result)
                index += 2
            } else {
                merged.append(tokens[index])
                index += 1
            }
        }
        return merged.count == tokens.count ? nil : Word(tokens: merged, count: count)
    }
}

/// How often a pair occurs in the text, and the words that hold it or once did.
private struct Occurrences {
    var count = 0
    var words: [Int] = []

    mutating func add(_ count: Int, word: Int) {
        self.count += count
        if words.last != word { words.append(word) }
    }
}

/// The greatest merges first.
private struct Candidate: Comparable {
    var count: Int
    var pair: TokenPair

    static func < (one: Candidate, other: Candidate) -> Bool {
        (one.count, other.pair) < (other.count, one.pair)
    }
}
