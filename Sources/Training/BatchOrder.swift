import WorkUnits

/// Which tokens each step sees: a text cut into sequences of T tokens, visited in a new order every epoch.
///
/// Sequence i is tokens i·T ..< i·T + T, its targets the same moved on by one; so n tokens hold (n - 1) / T sequences. Each
/// epoch's order is a permutation that depends on seed and epoch alone. Steps take the sequences one after the other, over
/// the end of an epoch into the next.
public struct BatchOrder: Sendable {
    /// Sequences of an epoch.
    public let sequences: Int
    /// Tokens of a sequence (T).
    public let length: Int
    private let seed: UInt64
    /// The epoch that was looked at last.
    private var current: (epoch: Int, order: [Int])

    public init(tokens: Int, length: Int, seed: UInt64) throws(TrainingFailure) {
        guard length >= 1, tokens > length else { throw .textTooShort(tokens: tokens, needed: length + 1) }
        self.length = length
        self.seed = seed
        sequences = (tokens - 1) / length
        current = (0, Self.order(epoch: 0, sequences: sequences, seed: seed))
    }

    /// Where the `index`-th sequence begins that training visits, counted over all epochs.
    public mutating func start(ofSequence index: Int) -> Int {
        let (epoch, place) = index.quotientAndRemainder(dividingBy: sequences)
        if current.epoch != epoch { current = (epoch, Self.order(epoch: epoch, sequences: sequences, seed: seed)) }
        return current.order[place] * length
    }

    /// A permutation of 0 ..< sequences (Fisher and Yates).
    static func order(epoch: Int, sequences: Int, seed: UInt64) -> [Int] {
        let random = CounterRandom(seed: seed, stream: 0x4F52_4445_5200_0000 ^ UInt64(epoch))
        var order = Array(0..<sequences)
        for last in stride(from: sequences - 1, to: 0, by: -1) {
            order.swapAt(last, random.below(last + 1, UInt64(last)))
        }
        return order
    }
}
