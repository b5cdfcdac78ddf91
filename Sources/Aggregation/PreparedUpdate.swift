import LanguageModel
import WorkUnits

/// What a judge, who reads every update once anyway, keeps of an accepted one for its merge.
///
/// A merge comes to the same bits without it; an audit reads the blobs alone.
public struct PreparedUpdate: Sendable {
    public enum Payloads: Sendable {
        /// All of a small update.
        case inMemory(UpdatePayload)
        case inFile(InflatedUpdate)
    }

    /// What `TensorNorms.squared(of:in:)` gives.
    public let squaredNorms: [Double]
    /// Nil where the norms are all that is kept.
    public let payloads: Payloads?

    /// The same, with its file open if it is there.
    public func opened() -> PreparedUpdate {
        guard case .inFile(let inflated) = payloads else { return self }
        return PreparedUpdate(squaredNorms: squaredNorms, payloads: .inFile(inflated.opened()))
    }
}
