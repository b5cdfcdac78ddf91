/// How updates are combined where some of them may be wrong, with malice or without.
public struct Robustness: Codable, Hashable, Sendable {
    /// docs/federation.md has formulas, papers and when to choose which.
    public enum Rule: String, Codable, Hashable, Sendable, CaseIterable {
        /// Weighted by tokens and staleness.
        case mean
        /// RFA: the weighted geometric median of whole updates (Pillutla et al., 2022).
        case geometricMedian
        /// By parameter, without the largest and the smallest values (Yin et al., 2018).
        case trimmedMean
        /// By parameter (Yin et al., 2018).
        case median
        /// The update that is closest to most others (Blanchard et al., 2017).
        case krum
        /// The mean of those that are closest to most others.
        case multiKrum
        /// Krum's choice, then by parameter the values closest to the median (El Mhamdi et al., 2018).
        case bulyan
    }

    public enum Clip: String, Codable, Hashable, Sendable, CaseIterable {
        case none
        /// Each tensor of each update to the running median of that tensor's norms.
        case medianNorm
    }

    public var rule: Rule
    /// How many contributions of a merge may be hostile: below 1 a share of them, rounded up, from 1 on a number. 0 with `mean`.
    public var hostile: Double
    public var clip: Clip

    /// The plain mean, unless told otherwise.
    public init(rule: Rule = .mean, hostile: Double = 0, clip: Clip = .none) {
        self.rule = rule
        self.hostile = hostile
        self.clip = clip
    }

    /// f: the hostile contributions that are assumed among so many.
    public func hostile(among contributions: Int) -> Int {
        // The slack keeps a share such as 0.1 of 30 from being rounded up for its last bit.
        Int(min(hostile < 1 ? (hostile * Double(contributions) - 1e-9).rounded(.up) : hostile, 1e9))
    }
}

extension Robustness.Rule {
    /// The numbers of contributions with which the rule can give its guarantee against f hostile ones.
    ///
    /// | rule | at least | at most |
    /// |---|---|---|
    /// | mean | 1 | 100 000 |
    /// | geometric median, median, trimmed mean | 2f + 1 | 1024 |
    /// | Krum, multi-Krum | 2f + 3 | 1024 |
    /// | Bulyan | 4f + 3 | 1024 |
    ///
    /// The upper bound keeps time and memory in hand where updates are compared with each other.
    public func contributions(hostile: Int) -> (least: Int, most: Int) {
        switch self {
        case .mean: (1, 100_000)
        case .geometricMedian, .median, .trimmedMean: (2 * hostile + 1, 1024)
        case .krum, .multiKrum: (2 * hostile + 3, 1024)
        case .bulyan: (4 * hostile + 3, 1024)
        }
    }
}

extension Robustness {
    /// Refuses numbers that mean nothing.
    public func validate() throws(InvalidSetting) {
        if rule == .mean {
            guard hostile == 0 else {
                throw InvalidSetting(
                    name: "hostile",
                    reason: "has no effect with the mean, which no number of hostile updates leaves whole")
            }
        } else {
            let isShare = hostile > 0 && hostile < 0.5
            let isNumber = hostile >= 1 && hostile <= 1024 && hostile == hostile.rounded()
            guard isShare || isNumber else {
                throw InvalidSetting(
                    name: "hostile",
                    reason:
                        "\(hostile) is neither a share above 0 and below 0.5, as a majority cannot be outvoted, nor a "
                        + "whole number from 1 to 1024")
            }
        }
    }

    /// Refuses to combine so many contributions when the rule cannot hold what it promises.
    public func validate(contributions: Int) throws(InvalidSetting) {
        let hostile = hostile(among: contributions)
        let allowed = rule.contributions(hostile: hostile)
        guard contributions >= allowed.least else {
            throw InvalidSetting(
                name: "rule",
                reason: "\(rule.rawValue) against \(hostile) hostile of \(contributions) contributions needs at least "
                    + "\(allowed.least): merge more at a time (mergeEvery) or assume fewer (hostile)")
        }
        guard contributions <= allowed.most else {
            throw InvalidSetting(
                name: "rule",
                reason: "\(rule.rawValue) compares at most \(allowed.most) contributions with each other, not "
                    + "\(contributions): merge fewer at a time (mergeEvery)")
        }
    }
}
