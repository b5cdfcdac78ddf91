/// How much of a document its n-grams repeat (Rae et al. 2021, appendix A.1.1). Remembers what it found, as one length
/// often answers for others.
struct Repetition {
    private var words: Words?
    /// By length of the n-gram: the share of bytes inside repeated ones.
    private var repeatedShares: [Int: Double] = [:]
    /// By length: the share of the most frequent one.
    private var frequentShares: [Int: Double] = [:]

    /// Whether repeated n-grams cover more than `limit` of the bytes of all words.
    ///
    /// A word inside a repeated n-gram is inside a repeated one of each smaller length: the share falls with the length.
    mutating func isRepeated(_ length: Int, above limit: Double, in text: [UInt8]) -> Bool {
        if repeatedShares.contains(where: { $0.key <= length && $0.value <= limit }) { return false }
        let words = self.words ?? Words(text)
        self.words = words
        let share = Self.share(words.repeatedBytes(length), of: words.bytes)
        repeatedShares[length] = share
        return share > limit
    }

    /// Whether the most frequent n-gram takes more than `limit` of the bytes of all words.
    ///
    /// An n-gram occurs no more often than any shorter one inside it. So m-grams that cover it take up no less, and
    /// ⌈n/m⌉ of them do: its share is at most ⌈n/m⌉ times the highest of theirs.
    mutating func isFrequent(_ length: Int, above limit: Double, in text: [UInt8]) -> Bool {
        let isImpossible = frequentShares.contains { known in
            known.key <= length && Double((length + known.key - 1) / known.key) * known.value <= limit
        }
        if isImpossible { return false }
        let words = self.words ?? Words(text)
        self.words = words
        let share = Self.share(words.mostFrequentBytes(length), of: words.bytes)
        frequentShares[length] = share
        return share > limit
    }

    private static func share(_ part: Int, of whole: Int) -> Double {
        whole == 0 ? 0 : Double(part) / Double(whole)
    }
}

extension Words {
    /// Bytes of words inside an n-gram that occurred before in its window.
    fileprivate func repeatedBytes(_ length: Int) -> Int {
        var repeated = 0
        var covered = 0
        forEachNGram(length) { start, count, _ in
            guard count > 1 else { return }
            for word in max(covered, start)..<start + length { repeated += Int(lengths[word]) }
            covered = start + length
        }
        return repeated
    }

    /// Of each window, count × bytes of the n-gram for which that is most; added up.
    fileprivate func mostFrequentBytes(_ length: Int) -> Int {
        var (total, highest) = (0, 0)
        forEachNGram(length) { start, count, isFirst in
            if isFirst {
                total += highest
                highest = 0
            }
            guard count > 1 else { return }
            let bytes = lengths[start..<start + length].reduce(0) { $0 + Int($1) }
            highest = max(highest, Int(count) * bytes)
        }
        return total + highest
    }

    /// Calls `body` with the start of each n-gram, its count so far in the window, and whether a window starts there.
    private func forEachNGram(_ length: Int, _ body: (_ start: Int, _ count: UInt32, _ isFirst: Bool) -> Void) {
        let starts = hashes.count - length + 1
        guard starts > 0 else { return }
        // A polynomial in the words' hashes, the first word's power the highest.
        let multiplier: UInt64 = 0x9E37_79B9_7F4A_7C15
        let power = (1..<length).reduce(1 as UInt64) { power, _ in power &* multiplier }
        var polynomial = hashes[..<(length - 1)].reduce(0 as UInt64) { $0 &* multiplier &+ $1 }
        var table = FingerprintTable(capacity: min(starts, FingerprintTable.window))
        for start in 0..<starts {
            let isFirst = start % FingerprintTable.window == 0
            if isFirst, start > 0 { table.removeAll() }
            polynomial = polynomial &* multiplier &+ hashes[start + length - 1]
            body(start, table.count(polynomial), isFirst)
            polynomial &-= hashes[start] &* power
        }
    }
}
