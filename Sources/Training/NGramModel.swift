import WorkUnits

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A model that predicts a token from the `order - 1` tokens before it, by counting: what a language model has to beat.
///
/// Interpolated, modified Kneser and Ney smoothing (Chen and Goodman, 1998, section 3). With c the count of an n-gram at the
/// highest order, and at lower orders the number of different tokens that were seen before it:
///
///     p(w | h) = (c(h w) - D(c(h w))) / c(h) + γ(h) · p(w | h without its first token)
///
/// where γ(h) gives back what was taken from h's counts, and below the single tokens every token is equally likely. The
/// discounts D for counts of 1, 2 and more follow from the counts of counts (equation 17 there): nothing is tuned, and
/// nothing is learnt from the held-out text.
public struct NGramModel: Sendable {
    /// Tokens of an n-gram: 1, 2, 3 …
    public let order: Int
    public let vocabulary: Int
    /// For n-grams of 1, 2, … `order` tokens.
    private let levels: [Level]

    /// Counts the n-grams of a text.
    ///
    /// Memory: about 24 bytes for each different n-gram of each length.
    ///
    /// - Parameter order: at least 1; `vocabulary` to its power must fit into 63 bits.
    public init(order: Int, tokens: [UInt32], vocabulary: Int) throws(TrainingFailure) {
        precondition(order >= 1 && vocabulary >= 1, "order \(order), vocabulary \(vocabulary)")
        guard tokens.count >= order else { throw .textTooShort(tokens: tokens.count, needed: order) }
        if let position = tokens.firstIndex(where: { $0 >= vocabulary }) {
            throw .tokenOutsideVocabulary(tokens[position], position: position, vocabulary: vocabulary)
        }
        let base = UInt64(vocabulary)
        // An n-gram is a number whose digits are its tokens: sorted, those with the same beginning stand together.
        var keys = (0...tokens.count - order).map { start in
            tokens[start..<start + order].reduce(0) { $0 * base + UInt64($1) }
        }
        var levels: [Level] = []
        var power = (1..<order).reduce(UInt64(1)) { product, _ in product * base }
        while true {
            let level = Level(sorting: keys, vocabulary: base)
            levels.append(level)
            guard levels.count < order else { break }
            // Without their first token, each as often as different tokens came before.
            keys = level.keys.map { $0 % power }
            power /= base
        }
        self.levels = levels.reversed()
        self.order = order
        self.vocabulary = vocabulary
    }

    /// How likely a token is after a text, of which the last `order - 1` tokens matter.
    public func probability(of token: UInt32, after text: some BidirectionalCollection<UInt32>) -> Double {
        precondition(token < vocabulary, "token \(token) of \(vocabulary)")
        return levels.prefix(text.count + 1).enumerated().reduce(1 / Double(vocabulary)) { lower, level in
            level.element.probability(of: UInt64(token), context: key(text.suffix(level.offset)), lower: lower)
        }
    }

    /// The likeliest token after a text, the lowest id of equals.
    ///
    /// Seen continuations and the likeliest one of the shorter text are all that can be it: any other has the shorter
    /// text's probability, less the same factor.
    public func likeliest(after text: some BidirectionalCollection<UInt32>) -> UInt32 {
        var memory = Array(repeating: [UInt64: UInt32](), count: order)
        return likeliest(after: text.suffix(order - 1), &memory)
    }

    /// - Parameter memory: what was found before, by context, for each length of a context.
    private func likeliest(
        after context: some BidirectionalCollection<UInt32>, _ memory: inout [[UInt64: UInt32]]
    ) -> UInt32 {
        let key = key(context)
        if let known = memory[context.count][key] { return known }
        let shorter = context.isEmpty ? 0 : likeliest(after: Array(context.dropFirst()), &memory)
        let best = ([shorter] + levels[context.count].continuations(of: key)).map { token in
            (probability: probability(of: token, after: context), token: token)
        }
        .max { ($0.probability, $1.token) < ($1.probability, $0.token) }?.token
        memory[context.count][key] = best ?? shorter
        return best ?? shorter
    }

    private func key(_ text: some Sequence<UInt32>) -> UInt64 {
        text.reduce(0) { $0 * UInt64(vocabulary) + UInt64($1) }
    }
}

extension NGramModel {
    /// Measures as `Evaluation` does: every token but the first is predicted once, here from all tokens before it.
    ///
    /// - Parameter byteCount: the UTF-8 bytes that a token stands for.
    public func measure(tokens: [UInt32], byteCount: (UInt32) -> Int) throws(TrainingFailure) -> Metrics {
        guard tokens.count > 1 else { throw .textTooShort(tokens: tokens.count, needed: 2) }
        if let position = tokens.firstIndex(where: { $0 >= vocabulary }) {
            throw .tokenOutsideVocabulary(tokens[position], position: position, vocabulary: vocabulary)
        }
        var (loss, hits) = (0.0, 0)
        var memory = Array(repeating: [UInt64: UInt32](), count: order)
        for position in 1..<tokens.count {
            let text = tokens[max(0, position - order + 1)..<position]
            loss -= log(probability(of: tokens[position], after: text))
            hits += likeliest(after: text, &memory) == tokens[position] ? 1 : 0
        }
        let bytes = tokens.dropFirst().reduce(0) { $0 + byteCount($1) }
        let count = tokens.count - 1
        return Metrics(
            loss: loss / Double(count), bitsPerByte: bytes > 0 ? loss / (log(2) * Double(bytes)) : 0,
            tokenAccuracy: Double(hits) / Double(count), tokens: count, bytes: bytes)
    }
}

/// The n-grams of one length, sorted, with what smoothing needs of them.
private struct Level: Sendable {
    /// Different n-grams.
    let keys: [UInt64]
    private let counts: [UInt32]
    /// Different contexts: n-grams without their last token.
    private let contexts: [UInt64]
    /// Where each context's n-grams begin in `keys`; one more at the end.
    private let starts: [Int]
    private let totals: [Double]
    /// γ: what the discounts leave to the shorter context.
    private let remainders: [Double]
    private let discounts: [Double]
    private let vocabulary: UInt64

    init(sorting unsorted: [UInt64], vocabulary: UInt64) {
        var (keys, counts): ([UInt64], [UInt32]) = ([], [])
        for key in unsorted.sorted() {
            if keys.last == key {
                counts[counts.count - 1] += 1
            } else {
                keys.append(key)
                counts.append(1)
            }
        }
        let discounts = Self.discounts(counts)
        var (contexts, starts): ([UInt64], [Int]) = ([], [])
        var (totals, remainders): ([Double], [Double]) = ([], [])
        for (index, key) in keys.enumerated() {
            if contexts.last != key / vocabulary {
                contexts.append(key / vocabulary)
                starts.append(index)
                totals.append(0)
                remainders.append(0)
            }
            totals[totals.count - 1] += Double(counts[index])
            remainders[remainders.count - 1] += discounts[Int(min(counts[index], 3))]
        }
        self.remainders = zip(remainders, totals).map { $0 / $1 }
        (self.keys, self.counts, self.contexts, self.totals) = (keys, counts, contexts, totals)
        (self.starts, self.discounts, self.vocabulary) = (starts + [keys.count], discounts, vocabulary)
    }

    /// What is taken from counts of 0, 1, 2 and more.
    ///
    /// Where a small text has no n-gram of some count, or a value comes out beyond its count, one discount
    /// Y = n₁ / (n₁ + 2 n₂) for all (Ney et al., 1994); where even that is undefined, ½.
    private static func discounts(_ counts: [UInt32]) -> [Double] {
        var n = [Double](repeating: 0, count: 5)
        for count in counts where count < 5 { n[Int(count)] += 1 }
        guard n[1] > 0, n[2] > 0 else { return [0, 0.5, 0.5, 0.5] }
        let y = n[1] / (n[1] + 2 * n[2])
        guard n[3] > 0, n[4] > 0 else { return [0, y, y, y] }
        let modified = (1...3).map { Double($0) - Double($0 + 1) * y * n[$0 + 1] / n[$0] }
        let isPossible = modified.enumerated().allSatisfy { $1 > 0 && $1 <= Double($0 + 1) }
        return [0] + (isPossible ? modified : [y, y, y])
    }

    func probability(of token: UInt64, context: UInt64, lower: Double) -> Double {
        guard let place = Self.index(of: context, in: contexts, 0..<contexts.count) else { return lower }
        let rest = remainders[place] * lower
        let range = starts[place]..<starts[place + 1]
        guard let index = Self.index(of: context * vocabulary + token, in: keys, range) else { return rest }
        return (Double(counts[index]) - discounts[Int(min(counts[index], 3))]) / totals[place] + rest
    }

    /// Tokens that were seen after a context, by id.
    func continuations(of context: UInt64) -> [UInt32] {
        guard let place = Self.index(of: context, in: contexts, 0..<contexts.count) else { return [] }
        return keys[starts[place]..<starts[place + 1]].map { UInt32($0 % vocabulary) }
    }

    private static func index(of key: UInt64, in keys: [UInt64], _ range: Range<Int>) -> Int? {
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low < range.upperBound && keys[low] == key ? low : nil
    }
}
