/// Merges the bytes of one word into tokens: the earliest learned merge first, of equal ones the leftmost.
struct WordMerger {
    /// Up to so many bytes the next merge is looked for among all; beyond, in a queue.
    private static let longestScanned = 192

    private static let none = UInt64.max

    private let byteTokens: [UInt32]
    private let merges: PairTable
    /// The tokens of the word so far.
    private(set) var tokens: [UInt32] = []
    /// For each token but the last the rank and result of its merge with the next one, as in `Tokenizer.ranks`.
    private var next: [UInt64] = []

    init(_ tokenizer: Tokenizer) {
        byteTokens = tokenizer.byteTokens
        merges = tokenizer.ranks
    }

    /// Leaves the tokens of `word` in `tokens`.
    mutating func merge(_ word: UnsafeBufferPointer<UInt8>) {
        tokens.removeAll(keepingCapacity: true)
        for byte in word { tokens.append(byteTokens[Int(byte)]) }
        if word.count <= Self.longestScanned { mergeScanning() } else { mergeQueueing() }
    }

    @inline(__always)
    private func rank(_ left: UInt32, _ right: UInt32) -> UInt64 {
        merges[TokenPair(left, right)] ?? Self.none
    }

    /// O(n²) for n bytes, without any book-keeping: the fastest for words.
    private mutating func mergeScanning() {
        next.removeAll(keepingCapacity: true)
        for index in 1..<max(tokens.count, 1) { next.append(rank(tokens[index - 1], tokens[index])) }
        let merges = merges
        let count = tokens.withUnsafeMutableBufferPointer { tokens in
            next.withUnsafeMutableBufferPointer { Self.mergeScanning(tokens, $0, merges) }
        }
        tokens.removeSubrange(count...)
    }

    /// - Parameters:
    ///   - tokens: at least one.
    ///   - next: the merge of each token but the last with the one after it.
    /// - Returns: how many tokens are left, at the front.
    private static func mergeScanning(
        _ tokens: UnsafeMutableBufferPointer<UInt32>, _ next: UnsafeMutableBufferPointer<UInt64>, _ merges: PairTable
    ) -> Int {
        func rank(_ position: Int) -> UInt64 {
            merges[TokenPair(tokens[position], tokens[position + 1])] ?? none
        }
        var count = tokens.count
        while count > 1 {
            var (best, position) = (none, 0)
            for index in 0..<count - 1 where next[index] < best { (best, position) = (next[index], index) }
            if best == none { break }
            tokens[position] = UInt32(truncatingIfNeeded: best)
            count -= 1
            for index in position + 1..<max(count, position + 1) { tokens[index] = tokens[index + 1] }
            for index in position..<max(count - 1, position) { next[index] = next[index + 1] }
            if position + 1 < count { next[position] = rank(position) }
            if position > 0 { next[position - 1] = rank(position - 1) }
        }
        return count
    }

    /// O(n log n) for n bytes: tokens form a linked list, a queue holds every neighbouring pair that merges, and entries
    /// whose tokens have changed since are skipped when they come out.
    private mutating func mergeQueueing() {
        let count = tokens.count
        /// A token on the left has swallowed this one.
        let swallowed = UInt32.max
        var following = Array(1...count)
        var preceding = Array(-1..<count - 1)
        var queue = Heap<PossibleMerge>()

        func enqueue(_ position: Int) {
            guard position >= 0, following[position] < count else { return }
            let merge = rank(tokens[position], tokens[following[position]])
            if merge != Self.none { queue.push(PossibleMerge(merge: merge, position: position)) }
        }
        for position in 0..<count { enqueue(position) }

        while let candidate = queue.pop() {
            let position = candidate.position
            let right = following[position]
            guard tokens[position] != swallowed, right < count,
                rank(tokens[position], tokens[right]) == candidate.merge
            else { continue }
            tokens[position] = UInt32(truncatingIfNeeded: candidate.merge)
            tokens[right] = swallowed
            following[position] = following[right]
            if following[right] < count { preceding[following[right]] = position }
            enqueue(position)
            enqueue(preceding[position])
        }
        tokens.removeAll { $0 == swallowed }
    }
}

/// The merge of the token at `position` with its right neighbour. The greatest is learned first, then leftmost.
private struct PossibleMerge: Comparable {
    /// The rank and the result.
    var merge: UInt64
    var position: Int

    static func < (one: PossibleMerge, other: PossibleMerge) -> Bool {
        (other.merge, other.position) < (one.merge, one.position)
    }
}
