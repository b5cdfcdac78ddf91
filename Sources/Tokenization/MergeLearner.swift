/// Every different word of a text as tokens, and which pairs of neighbours it holds how often.
///
/// One merge touches only the words that hold its pair, and looks up a pair once however many words changed its count.
struct MergeLearner {
    private(set) var tokens = TokenBytes(ByteAlphabet.bytes.map { [$0] })
    private(set) var merges: [Merge] = []

    private var words = LearnedWords()
    private var pairs = LearnedPairs()
    /// Every pair that occurs twice, with its count or an older, greater one.
    private var queue = Heap<Candidate>()
    private var left = ChangedNeighbours()
    private var right = ChangedNeighbours()
    private var idOfBytes: [[UInt8]: UInt32] = [:]
    private var learned: Set<TokenPair> = []

    init(_ counts: consuming WordCounts) {
        for id in 0..<tokens.count { idOfBytes[Array(tokens[id])] = UInt32(id) }
        let byteTokens = tokens.idsOfSingleBytes()
        var words = LearnedWords()
        counts.forEach { word, count in
            if word.count > 1 { words.append(word.lazy.map { byteTokens[Int($0)] }, count: count) }
        }
        self.words = words
        pairs = LearnedPairs(of: words)
        queue = Heap(pairs.candidates)
    }

    /// - Returns: false when no pair occurs twice.
    mutating func mergeMostFrequent() -> Bool {
        while let candidate = queue.pop() {
            let count = pairs.count(candidate.index)
            if count == candidate.count {
                merge(candidate)
                return true
            }
            if count > 1 { queue.push(Candidate(count: count, pair: candidate.pair, index: candidate.index)) }
        }
        return false
    }

    private mutating func merge(_ candidate: Candidate) {
        let pair = candidate.pair
        let result = learn(pair)
        /// How often two pairs stood next to each other, and the words where they did.
        var (doubled, doubledWords) = (0, [] as [UInt32])

        for word in pairs.takeWords(candidate.index) {
            let count = words.count(word)
            words.merge(pair, into: result, in: word) { neighbour in
                switch neighbour {
                case .left(let token): left.add(token, count: count, word: word)
                case .right(let token): right.add(token, count: count, word: word)
                case .merged:
                    doubled += count
                    if doubledWords.last != word { doubledWords.append(word) }
                }
            }
        }

        for change in left.take() {
            pairs.subtract(change.count, from: TokenPair(change.token, pair.left))
            enqueue(pairs.add(change.count, to: TokenPair(change.token, result), in: left.words[change.words]))
        }
        for change in right.take() {
            pairs.subtract(change.count, from: TokenPair(pair.right, change.token))
            enqueue(pairs.add(change.count, to: TokenPair(result, change.token), in: right.words[change.words]))
        }
        if doubled > 0 {
            pairs.subtract(doubled, from: TokenPair(pair.right, pair.left))
            enqueue(pairs.add(doubled, to: TokenPair(result, result), in: doubledWords[...]))
        }
        pairs.clear(candidate.index)
    }

    private mutating func enqueue(_ candidate: Candidate) {
        if candidate.count > 1 { queue.push(candidate) }
    }

    /// The token that the pair becomes. Two pairs may spell the same bytes: they become the same token.
    private mutating func learn(_ pair: TokenPair) -> UInt32 {
        let bytes = Array(tokens[Int(pair.left)] + tokens[Int(pair.right)])
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

/// A pair that may be merged next: the greatest first.
struct Candidate: Comparable {
    var count: Int
    var pair: TokenPair
    /// The pair's place in `LearnedPairs`.
    var index: Int

    static func < (one: Candidate, other: Candidate) -> Bool {
        one.count == other.count ? other.pair < one.pair : one.count < other.count
    }
}
