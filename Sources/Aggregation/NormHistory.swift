import LanguageModel
import WorkUnits

/// The medians of the last merges' norms, by tensor: what keeps one bad merge from setting its own bound.
public struct NormHistory: Codable, Hashable, Sendable {
    /// 2: lengths are divided by the root of tokens.
    public var format = currentFormat
    /// Oldest first, at most `kept`; for each merge and tensor the median of the contributions' L2 norms, each divided by the
    /// root of its tokens.
    public var medians: [[Double]]

    static let currentFormat = 2
    /// Merges that are remembered.
    public static let kept = 4

    /// No merge yet.
    public init() {
        medians = []
    }

    /// Reads what a merge wrote.
    ///
    /// - Throws: `MalformedDocument`, and `AggregationFailure.foreignState` when it is not one for this model.
    public init(_ bytes: any RandomAccessBytes, layout: ParameterLayout) throws {
        guard bytes.count <= 1 << 22 else { throw AggregationFailure.foreignState(.norms) }
        self = try CanonicalJSON.decode(NormHistory.self, from: bytes.read(bytes.count, at: 0), limit: 1 << 22)
        try check(layout)
    }

    /// With one more merge, without the oldest when there are too many.
    func adding(_ medians: [Double]) -> NormHistory {
        var next = self
        next.medians.append(medians)
        next.medians.removeFirst(max(0, next.medians.count - Self.kept))
        return next
    }

    func check(_ layout: ParameterLayout) throws(AggregationFailure) {
        let isSound =
            format == Self.currentFormat && medians.count <= Self.kept
            && medians.allSatisfy { $0.count == layout.tensors.count && $0.allSatisfy { $0.isFinite && $0 >= 0 } }
        guard isSound else { throw .foreignState(.norms) }
    }
}
