import Federation
import WorkUnits

/// The computations that the rules ask for. Each is a pure function of public blobs, so that running one twice after a
/// crash gives the same result.
public protocol RunServices: Sendable {
    /// The archive of a unit, stored as a blob. The same unit is asked for again when its host comes back: whoever already
    /// has the blob should answer at once.
    func archive(of unit: IssuedUnit) async throws -> BlobReference

    /// Judges an uploaded update by itself: its archive, shape, numbers, and that it answers this unit and base.
    ///
    /// - Parameters:
    ///   - trace: what the host says of its training, which the update commits to.
    ///   - others: the first of these that it is near enough to gives it its content, so that both say the same.
    /// - Returns: whatever the bytes are, `accepted` or `rejected`; `inconclusive` is the quorum's word.
    /// - Throws: only when this machine cannot judge now, such as with a failing disk. It is asked again later.
    func judge(
        _ update: any RandomAccessBytes, of unit: Digest, base: CheckpointReference, trace: TrainingTrace,
        others: [SoundAnswer]
    ) async throws -> Judgement

    /// Trains a unit again, as far as asked. If the claimed answer is near enough, the outcome says the same.
    func replay(_ replay: Replay) async throws -> Replayed

    /// Combines contributions into the next version, stores its weights and what its outer optimizer carries, measures and
    /// signs it. One at a time.
    ///
    /// - Parameter state: what the version that it begins at carries (`Merge.start`), as its manifest says.
    func merge(_ merge: Merge, state: OuterState?) async throws -> Signed<CheckpointManifest>

    /// Gets ready for the merge of contributions that were judged before the coordinator started. Merges are the same without.
    func prepare(_ contributions: [Contribution]) async
}

extension RunServices {
    public func prepare(_ contributions: [Contribution]) async {}
}
