import WorkUnits

/// An update and how much it counts.
public struct WeightedUpdate: Sendable {
    /// Where its differences are read.
    public enum Source: Sendable {
        case inMemory(UpdatePayload)
        /// From its archive, where `inflated` has not got them.
        case archive(UpdateArchive, inflated: InflatedUpdate?)
    }

    /// The unit's index in the run: decides the order of averaging.
    public var index: Int
    public let source: Source
    /// Positive; see `contributionWeight(tokens:staleness:)`.
    public var weight: Double
    /// That it was trained on: an update is the longer, the more they are. Updates of one length are of 1.
    public var tokens: Int
    /// What `TensorNorms.squared(of:in:)` gives; nil lets the merge find out.
    public var squaredNorms: [Double]?

    /// - Parameters:
    ///   - update: its archive, which is not asked for where all of it is in memory.
    ///   - prepared: what whoever judged it has kept.
    public init(
        index: Int, update: @autoclosure () throws -> UpdateArchive, weight: Double, tokens: Int = 1,
        prepared: PreparedUpdate? = nil
    ) rethrows {
        self.index = index
        self.weight = weight
        self.tokens = tokens
        squaredNorms = prepared?.squaredNorms
        source =
            switch prepared?.payloads {
            case .inMemory(let payload): .inMemory(payload)
            case .inFile(let inflated): .archive(try update(), inflated: inflated)
            case nil: .archive(try update(), inflated: nil)
            }
    }

    public var inflated: InflatedUpdate? {
        guard case .archive(_, let inflated) = source else { return nil }
        return inflated
    }

    var parameterCount: Int {
        switch source {
        case .inMemory(let payload): payload.count
        case .archive(let archive, _): archive.manifest.parameterCount
        }
    }
}

extension WeightedUpdate {
    /// The differences of some parameters as their codec wrote them.
    ///
    /// - Parameter range: a chunk, or a slice of an `InflatedUpdate`.
    func payload(_ range: Range<Int>) throws(MalformedArchive) -> UpdatePayload {
        switch source {
        case .inMemory(let payload): return payload.part(range)
        case .archive(let archive, let inflated):
            if let inflated, range.count <= InflatedUpdate.sliceValues,
                let payload = inflated.payload(ofSliceAt: range.lowerBound)
            {
                return payload
            }
            return try archive.payload(range)
        }
    }

    /// The differences of some parameters of one chunk.
    func values(_ range: Range<Int>) throws(MalformedArchive) -> ArraySlice<Float> {
        switch source {
        case .inMemory(let payload): return payload.values[range]
        case .archive(let archive, let inflated):
            if let values = inflated?.values(range) { return values }
            let chunk = range.lowerBound / UpdateArchive.chunkValues
            let start = chunk * UpdateArchive.chunkValues
            return try archive.values(ofChunk: chunk)[range.lowerBound - start..<range.upperBound - start]
        }
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
