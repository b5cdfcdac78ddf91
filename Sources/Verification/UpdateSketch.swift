import WorkUnits

/// What is remembered of an update to compare others with: its length, and the signs of some of its changes.
///
/// Signs, as most changes of one training are about as large as each other, and a codec of four bits leaves little of the order of
/// the largest, but the signs of nearly all (docs/experiments.md).
public struct UpdateSketch: Hashable, Sendable {
    /// Of the whole update.
    public var squaredNorm: Double
    /// A bit for each place that is looked at: whether the weight rises.
    public fileprivate(set) var rises: [UInt64]
    /// The same: whether it falls.
    public fileprivate(set) var falls: [UInt64]

    /// Places that are looked at, at most.
    public static let places = 4096

    public var norm: Double { squaredNorm.squareRoot() }

    /// The cosine between the signs of both: 1 for the same, −1 for the opposite, about 0 for what has nothing to do with each
    /// other.
    public func agreement(with other: UpdateSketch) -> Double {
        var (same, mine, theirs) = (0, 0, 0)
        for word in rises.indices {
            let (up, down) = (rises[word], falls[word])
            let (otherUp, otherDown) = (other.rises[word], other.falls[word])
            same += (up & otherUp | down & otherDown).nonzeroBitCount
            same -= (up & otherDown | down & otherUp).nonzeroBitCount
            mine += (up | down).nonzeroBitCount
            theirs += (otherUp | otherDown).nonzeroBitCount
        }
        return Double(same) / (Double(max(mine, 1)) * Double(max(theirs, 1))).squareRoot()
    }
}

/// Makes the sketch of an update from its differences, in their order.
public struct UpdateSketching: Sendable {
    private let parameters: Int
    private let random: CounterRandom
    private var sketch: UpdateSketch
    /// The next place to look at, and how many were before it.
    private var next = (place: 0, number: 0)

    /// - Parameter seed: draws the places. No host may know it: a copy that differs there would not be recognized.
    public init(parameters: Int, seed: UInt64) {
        self.parameters = parameters
        random = CounterRandom(seed: seed, stream: 0x534B_4554)
        let words = [UInt64](repeating: 0, count: UpdateSketch.places / 64)
        sketch = UpdateSketch(squaredNorm: 0, rises: words, falls: words)
        next.place = place(0)
    }

    /// One place in each of so many equal parts.
    private func place(_ number: Int) -> Int {
        let count = min(parameters, UpdateSketch.places)
        guard number < count else { return .max }
        let part = number * parameters / count..<(number + 1) * parameters / count
        return part.lowerBound + random.below(part.count, UInt64(number))
    }

    /// - Parameter differences: finite; what follows what was added before.
    public mutating func add(_ differences: [Float], at first: Int) {
        for difference in differences { sketch.squaredNorm += Double(difference) * Double(difference) }
        while next.place < first + differences.count {
            let (word, bit) = (next.number / 64, UInt64(1) << UInt64(next.number % 64))
            let difference = differences[next.place - first]
            if difference > 0 { sketch.rises[word] |= bit }
            if difference < 0 { sketch.falls[word] |= bit }
            next = (place(next.number + 1), next.number + 1)
        }
    }

    public consuming func finish() -> UpdateSketch { sketch }
}
