import WorkUnits

/// An update and how much it counts.
public struct WeightedUpdate: Sendable {
    /// The unit's index in the run: decides the order of averaging.
    public var index: Int
    public var update: UpdateArchive
    /// Positive; see `contributionWeight(tokens:staleness:)`.
    public var weight: Double
    /// What `TensorNorms.squared(of:in:)` gives, if somebody has read the update before; nil lets the merge find out.
    public var squaredNorms: [Double]?

    public init(index: Int, update: UpdateArchive, weight: Double, squaredNorms: [Double]? = nil) {
        self.index = index
        self.update = update
        self.weight = weight
        self.squaredNorms = squaredNorms
    }
}

/// tokens / √(1 + staleness): the later, the less it counts (Xie et al., 2019, polynomial staleness with a = ½).
///
/// - Parameters:
///   - tokens: what the coordinator issued, not what a host reports.
///   - staleness: the version it is merged into, less one, minus its base version; 0 when it was trained from the
///     previous version.
public func contributionWeight(tokens: Int, staleness: Int) -> Double {
    precondition(tokens > 0 && staleness >= 0, "a contribution has tokens and a base that is not in the future")
    return Double(tokens) / Double(1 + staleness).squareRoot()
}
