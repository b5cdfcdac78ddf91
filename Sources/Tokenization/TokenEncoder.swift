/// Encodes many texts with one tokenizer and remembers the words it met.
///
/// Memory is bounded: the words are forgotten when there are too many.
public struct TokenEncoder {
    private static let maximumWords = 1 << 16
    private static let maximumWordLength = 64

    private let tokenizer: Tokenizer
    private var known: [ArraySlice<UInt8>: [UInt32]] = [:]

    public init(_ tokenizer: Tokenizer) {
        self.tokenizer = tokenizer
    }

    /// The same ids as `Tokenizer.encode`.
    public mutating func encode(_ text: some StringProtocol) -> [UInt32] {
        encode(bytes: Array(text.utf8))
    }

    /// The same ids as `Tokenizer.encode(bytes:)`.
    public mutating func encode(bytes: [UInt8]) -> [UInt32] {
        var ids: [UInt32] = []
        for word in Words(bytes) {
            if let found = known[word] {
                ids += found
                continue
            }
            let merged = tokenizer.mergeWord(word)
            ids += merged
            guard word.count <= Self.maximumWordLength else { continue }
            if known.count == Self.maximumWords { known.removeAll(keepingCapacity: true) }
            known[ArraySlice(Array(word))] = merged  // A copy: a slice would keep the whole text.
        }
        return ids
    }
}

extension Tokenizer {
    /// Merges the bytes of one word, in O(n log n) for any length.
    ///
    /// Tokens form a linked list; a queue holds every neighbouring pair that merges, and entries whose tokens have
    /// changed since are skipped when they come out.
    func mergeWord(_ word: ArraySlice<UInt8>) -> [UInt32] {
        let count = word.count
        /// Tokens at the position of their first byte; nil where a token on the left has swallowed it.
        var tokens: [UInt32?] = word.map { byteTokens[Int($0)] }
        var next = Array(1..<count + 1)
        var previous = Array(-1..<count - 1)
        var queue = Heap<PossibleMerge>()

        func enqueue(_ position: Int) {
            guard position >= 0, next[position] < count, let left = tokens[position],
                let right = tokens[next[position]],
                let rank = ranks[TokenPair(left, right)]
            else { return }
            queue.push(PossibleMerge(rank: rank, position: position))
        }
        for position in 0..<count { enqueue(position) }

        while let candidate = queue.pop() {
            let (merge, position) = (merges[candidate.rank], candidate.position)
            let right = next[position]
            guard right < count, tokens[position] == merge.pair.left, tokens[right] == merge.pair.right else {
                continue
            }
            tokens[position] = merge.result
            tokens[right] = nil
            next[position] = next[right]
            if next[right] < count { previous[next[right]] = position }
            enqueue(position)
            enqueue(previous[position])
        }
        return tokens.compactMap(\.self)
    }
}

/// The merge of the token at `position` with its right neighbour. The greatest is learned first, then leftmost.
private struct PossibleMerge: Comparable {
    var rank: Int
    var position: Int

    static func < (one: PossibleMerge, other: PossibleMerge) -> Bool {
        (other.rank, other.position) < (one.rank, one.position)
    }
}
