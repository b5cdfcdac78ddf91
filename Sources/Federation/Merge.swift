import WorkUnits

/// A merge that is due: which contributions make the next version, in the order of averaging.
public struct Merge: Codable, Hashable, Sendable {
    /// The version to make.
    public var version: Int
    /// Contributions accepted up to and including this merge.
    public var height: Int
    public var previous: CheckpointReference
    /// Sorted by unit index, then host.
    public var contributions: [Contribution]
    /// Merges to be made again first, oldest first, each from the one before: nothing but the last one's result is published.
    /// Empty as long as nobody is convicted.
    public var repeated: [PastMerge]

    public init(
        version: Int, height: Int, previous: CheckpointReference, contributions: [Contribution],
        repeated: [PastMerge] = []
    ) {
        self.version = version
        self.height = height
        self.previous = previous
        self.contributions = contributions
        self.repeated = repeated
    }

    /// The version whose weights and outer state are read first.
    public var start: CheckpointReference { repeated.first?.previous ?? previous }
}
