/// Where a training went: digests of its weights after equal numbers of steps, at most eight, the last after the last step.
///
/// Two trainings of one unit are the same as long as these are. The update's manifest has only their `commitment`, which
/// everyone can read; the digests go to the coordinator alone, with the submission. So whoever trains the same unit later can
/// be compared with it step by step, and whoever copies the update instead cannot say them.
public struct TrainingTrace: Hashable, Sendable {
    /// In the order of the steps.
    public private(set) var weights: [Digest]

    /// Digests of one unit.
    public static let most = 8

    public init(_ weights: [Digest] = []) {
        self.weights = weights
    }

    /// Steps from one digest to the next; fewer before the last.
    public static func interval(steps: Int) -> Int { (steps - 1) / most + 1 }

    /// Digests of a whole unit.
    public static func count(steps: Int) -> Int { (steps - 1) / interval(steps: steps) + 1 }

    /// Whether there is a digest of the weights after so many of a unit's steps.
    public static func isDue(after step: Int, of steps: Int) -> Bool {
        step == steps || step.isMultiple(of: interval(steps: steps))
    }

    public mutating func append(_ digest: Digest) { weights.append(digest) }

    /// Fixes all digests without telling any of them.
    public var commitment: Digest { Digest(of: weights.flatMap(\.bytes)) }

    /// The steps, counted from 0, among which this training of a unit and another part; nil when they are the same.
    ///
    /// - Parameter steps: of the unit.
    public func firstDifference(from other: TrainingTrace, steps: Int) -> Range<Int>? {
        let same = zip(weights, other.weights).prefix { $0 == $1 }.count
        guard same < max(weights.count, other.weights.count) else { return nil }
        let interval = Self.interval(steps: steps)
        return same * interval..<min((same + 1) * interval, steps)
    }
}

extension TrainingTrace: Codable {
    public init(from decoder: any Decoder) throws {
        weights = []
        var container = try decoder.unkeyedContainer()
        while !container.isAtEnd, weights.count < Self.most { weights.append(try container.decode(Digest.self)) }
        guard container.isAtEnd else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "more than \(Self.most) digests")
        }
    }

    public func encode(to encoder: any Encoder) throws { try weights.encode(to: encoder) }
}
