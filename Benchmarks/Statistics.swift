extension [Double] {
    /// The value below which that fraction of all values lies, by the nearest rank.
    func quantile(_ fraction: Double) -> Double {
        guard !isEmpty else { return .nan }
        return sorted()[Int(Double(count - 1) * fraction + 0.5)]
    }

    /// The middle value; of an even number, the mean of the two in the middle.
    var median: Double {
        guard !isEmpty else { return .nan }
        let sorted = sorted()
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }

    var mean: Double { isEmpty ? .nan : reduce(0, +) / Double(count) }
}

/// What several turns gave: their median and range.
struct Spread {
    let median, lowest, highest: Double

    init(_ values: [Double]) {
        median = values.median
        lowest = values.min() ?? .nan
        highest = values.max() ?? .nan
    }

    /// The ratio turn by turn, so that what slowed a whole turn cancels out.
    init(ratioOf values: [Double], to others: [Double]) {
        self.init(zip(values, others).map { $0 / $1 })
    }

    private init(median: Double, lowest: Double, highest: Double) {
        (self.median, self.lowest, self.highest) = (median, lowest, highest)
    }

    static func / (spread: Spread, divisor: Double) -> Spread {
        Spread(median: spread.median / divisor, lowest: spread.lowest / divisor, highest: spread.highest / divisor)
    }
}
