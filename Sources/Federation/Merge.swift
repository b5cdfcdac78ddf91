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

    public init(version: Int, height: Int, previous: CheckpointReference, contributions: [Contribution]) {
        self.version = version
        self.height = height
        self.previous = previous
        self.contributions = contributions
    }
}
