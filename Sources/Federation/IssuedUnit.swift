import WorkUnits

/// What determines the computation of a unit, beside what the run's recipe fixes.
public struct IssuedUnit: Codable, Hashable, Sendable {
    /// Counts the units of the run: a unit that is issued again, from a newer base or with fewer steps, keeps it.
    public var index: Int
    public var base: CheckpointReference
    /// The local steps, by their places in the run's data: step n is the n-th batch. They lie in one shard.
    public var steps: Range<Int>

    public init(index: Int, base: CheckpointReference, steps: Range<Int>) {
        self.index = index
        self.base = base
        self.steps = steps
    }
}
