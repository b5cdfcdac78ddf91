import Federation
import WorkUnits

/// The computations that the rules ask for. Each is a pure function of public blobs, so that running one twice after a
/// crash gives the same result.
public protocol RunServices: Sendable {
    /// The archive of the run's `index`-th unit against a base, stored as a blob.
    func unit(index: Int, base: CheckpointReference) async throws -> BlobReference

    /// Judges an uploaded update by itself: its archive, shape, numbers, and that it answers this unit and base.
    func judge(update: Digest, unit: Digest, base: CheckpointReference) async throws -> Verdict

    /// Averages contributions into the next version, stores its weights, measures and signs it.
    func merge(_ merge: Merge) async throws -> Signed<CheckpointManifest>
}

/// A blob by name and size.
public struct BlobReference: Hashable, Sendable {
    public var digest: Digest
    public var bytes: Int

    public init(digest: Digest, bytes: Int) {
        self.digest = digest
        self.bytes = bytes
    }
}
