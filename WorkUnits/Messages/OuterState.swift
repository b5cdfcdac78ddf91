/// What an outer optimizer carries from one version to the next, as public blobs beside the weights.
///
/// With the weights of the same version and the contributions after it, enough to recompute the next version.
public struct OuterState: Codable, Hashable, Sendable {
    public enum Part: String, Hashable, Sendable, CaseIterable {
        /// Momentum, or the first moment: a file of weights in the model's layout.
        case momentum
        /// The second moment, likewise.
        case secondMoment
        /// The mean of the versions' weights, the newest counting most, likewise.
        case average
        /// The medians of the last heights' norms by tensor: canonical JSON of a `NormHistory`.
        case norms
    }

    public var momentum: BlobReference?
    public var secondMoment: BlobReference?
    public var average: BlobReference?
    public var norms: BlobReference?

    /// A state without parts.
    public init() {}

    public subscript(part: Part) -> BlobReference? {
        get {
            switch part {
            case .momentum: momentum
            case .secondMoment: secondMoment
            case .average: average
            case .norms: norms
            }
        }
        set {
            switch part {
            case .momentum: momentum = newValue
            case .secondMoment: secondMoment = newValue
            case .average: average = newValue
            case .norms: norms = newValue
            }
        }
    }

    /// The blobs of all parts, in the order of `Part`.
    public var blobs: [BlobReference] { Part.allCases.compactMap { self[$0] } }

    /// The parts that there are.
    public var parts: Set<Part> { Set(Part.allCases.filter { self[$0] != nil }) }
}

/// A blob by name and size.
public struct BlobReference: Codable, Hashable, Sendable {
    public var digest: Digest
    public var bytes: Int

    public init(digest: Digest, bytes: Int) {
        self.digest = digest
        self.bytes = bytes
    }
}
