/// Every pair of neighbours: how often the text has it, and the words that hold it or once did.
struct LearnedPairs {
    private var indices = PairTable()
    private var pairs: [Pair] = []
    /// The words of all pairs, each pair's one after the other.
    private var words: [UInt32] = []

    private struct Pair {
        var count = 0
        var start = 0
        var words = 0
    }

    init() {}

    /// Counts the pairs of words whose tokens are bytes.
    init(of learned: LearnedWords) {
        var counts = Array(repeating: Pair(), count: 1 << 16)
        var last = Array(repeating: UInt32.max, count: 1 << 16)
        func forEachPair(_ body: (_ code: Int, _ word: UInt32) -> Void) {
            for word in learned.indices {
                var left: UInt32?
                for right in learned[word] {
                    if let left { body(Int(left << 8 | right), word) }
                    left = right
                }
            }
        }
        forEachPair { code, word in
            counts[code].count += learned.count(word)
            guard last[code] != word else { return }
            last[code] = word
            counts[code].words += 1
        }
        var start = 0
        for code in counts.indices where counts[code].count > 0 {
            counts[code].start = start
            start += counts[code].words
            indices.insert(TokenPair(UInt32(code >> 8), UInt32(code & 0xFF)), UInt64(pairs.count))
            pairs.append(counts[code])
            last[code] = UInt32.max
        }
        words = Array(repeating: 0, count: start)
        forEachPair { code, word in
            guard last[code] != word else { return }
            last[code] = word
            words[counts[code].start] = word
            counts[code].start += 1
        }
    }

    /// The pairs that occur twice.
    var candidates: [Candidate] {
        var candidates: [Candidate] = []
        indices.forEach { pair, index in
            if pairs[Int(index)].count > 1 {
                candidates.append(Candidate(count: pairs[Int(index)].count, pair: pair, index: Int(index)))
            }
        }
        return candidates
    }

    func count(_ index: Int) -> Int { pairs[index].count }

    /// The pair occurs nowhere any more.
    mutating func clear(_ index: Int) {
        pairs[index].count = 0
    }

    /// Gives the words of the pair and forgets them.
    mutating func takeWords(_ index: Int) -> [UInt32] {
        let pair = pairs[index]
        pairs[index].words = 0
        return Array(words[pair.start..<pair.start + pair.words])
    }

    mutating func subtract(_ count: Int, from pair: TokenPair) {
        if let index = indices[pair] { pairs[Int(index)].count -= count }
    }

    /// - Returns: the pair with its new count.
    mutating func add(_ count: Int, to pair: TokenPair, in changed: ArraySlice<UInt32>) -> Candidate {
        let index = Int(indices.insert(pair, UInt64(pairs.count)))
        if index == pairs.count { pairs.append(Pair()) }
        let old = pairs[index]
        pairs[index] = Pair(count: old.count + count, start: words.count, words: old.words + changed.count)
        // One by one: a slice of `words` would make appending to it copy all of it.
        for place in old.start..<old.start + old.words { words.append(words[place]) }
        words += changed
        return Candidate(count: old.count + count, pair: pair, index: index)
    }
}
