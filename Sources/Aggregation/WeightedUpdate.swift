import WorkUnits

/// An update and how much it counts.
public struct WeightedUpdate: Sendable {
    /// The unit's index in the run: decides the order of averaging.
    public var index: Int
    /// Nil where `prepared` has all of it.
    public private(set) var update: UpdateArchive?
    /// Positive; see `contributionWeight(tokens:staleness:)`.
    public var weight: Double
    /// That it was trained on: an update is the longer, the more they are. Updates of one length are of 1.
    public var tokens: Int
    /// What whoever judged it has kept; nil lets the merge find out.
    public var prepared: PreparedUpdate?

    public init(
        index: Int, update: UpdateArchive, weight: Double, tokens: Int = 1, prepared: PreparedUpdate? = nil
    ) {
        self.index = index
        self.update = update
        self.weight = weight
        self.tokens = tokens
        self.prepared = prepared
    }

    /// Of an update that is in memory, whose archive need not be opened again; nil for another one.
    public init?(index: Int, prepared: PreparedUpdate?, weight: Double, tokens: Int) {
        guard let prepared, prepared.whole != nil else { return nil }
        self.index = index
        self.weight = weight
        self.tokens = tokens
        self.prepared = prepared
    }

    var parameterCount: Int { prepared?.whole?.count ?? archive.manifest.parameterCount }
}

extension WeightedUpdate {
    /// The differences of some parameters as their codec wrote them.
    ///
    /// - Parameter range: a chunk, or a slice of an `InflatedUpdate`.
    func payload(_ range: Range<Int>) throws(MalformedArchive) -> UpdatePayload {
        if let whole = prepared?.whole { return whole.part(range) }
        if let inflated = prepared?.inflated, range.count <= InflatedUpdate.sliceValues,
            let payload = inflated.payload(ofSliceAt: range.lowerBound)
        {
            return payload
        }
        return try archive.payload(range)
    }

    private var archive: UpdateArchive {
        guard let update else { preconditionFailure("what is not in memory has an archive") }
        return update
    }

    /// The differences of some parameters of one chunk.
    func values(_ range: Range<Int>) throws(MalformedArchive) -> ArraySlice<Float> {
        if let values = prepared?.whole?.values { return values[range] }
        if let values = prepared?.inflated?.values(range) { return values }
        let chunk = range.lowerBound / UpdateArchive.chunkValues
        let start = chunk * UpdateArchive.chunkValues
        return try archive.values(ofChunk: chunk)[range.lowerBound - start..<range.upperBound - start]
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
