import LanguageModel
import WorkUnits

/// What a judge, who reads every update once anyway, keeps of an accepted one for its merge.
///
/// A merge comes to the same bits without it; an audit reads the blobs alone.
public struct PreparedUpdate: Sendable {
    /// What `TensorNorms.squared(of:in:)` gives.
    public var squaredNorms: [Double]?
    public var inflated: InflatedUpdate?
    /// All of a small update, in memory.
    public var whole: UpdatePayload?

    public init(squaredNorms: [Double]? = nil, inflated: InflatedUpdate? = nil, whole: UpdatePayload? = nil) {
        self.squaredNorms = squaredNorms
        self.inflated = inflated
        self.whole = whole
    }

    /// The same, with its file open if it is there.
    public func opened() -> PreparedUpdate {
        PreparedUpdate(squaredNorms: squaredNorms, inflated: inflated?.opened(), whole: whole)
    }
}
