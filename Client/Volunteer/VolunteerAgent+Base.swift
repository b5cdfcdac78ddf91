import Transport
import WorkUnits

extension VolunteerAgent {
    /// Most steps that are taken at once.
    static let maximumSteps = 16
    /// Weights of fewer bytes are fetched whole: asking for a manifest takes as long.
    static let smallestBase = 1 << 16

    /// Brings the weights that a unit starts from into the cache: by steps from the newest version that is there, if these
    /// are fewer bytes than the whole. Whatever is wrong with the steps, the whole file is fetched then.
    ///
    /// - Parameter progress: called with the bytes that are there, and how many it will be.
    func fetchBase(
        _ base: CheckpointReference, into cache: BaseCache, progress: @escaping @Sendable (Int, Int) -> Void
    ) async throws {
        guard try !cache.has(base) else { return }
        if base.bytes >= Self.smallestBase, let older = try cache.newest(before: base.version) {
            let isThere = try await takeSteps(from: older, to: base, in: cache, progress: progress)
            if isThere { return try cache.removeSteps() }
        }
        try await client.download(base.weights, bytes: base.bytes, to: cache.path(of: base)) {
            progress($0, base.bytes)
        }
        try cache.removeSteps()
    }

    /// - Returns: whether the base is there now.
    /// - Throws: what can be otherwise when it is tried again.
    private func takeSteps(
        from older: CheckpointReference, to base: CheckpointReference, in cache: BaseCache,
        progress: @escaping @Sendable (Int, Int) -> Void
    ) async throws -> Bool {
        do {
            guard let trail = try await trail(from: older, to: base) else { return false }
            try await trail.download(to: cache.path, progress: progress)
            return try CheckpointStep.make(
                base, at: cache.path(of: base), from: cache.path(of: older), by: trail.steps.map(cache.path))
        } catch is MalformedArchive {
            return false
        } catch is UnreadableBytes {
            return false
        } catch is UntrustedDocument {
            return false
        } catch let failure as TransportFailure {
            switch failure {
            case .wrongDigest, .unexpected, .tooLarge: return false
            case .refused where !failure.isTemporary: return false
            default: throw failure
            }
        }
    }

    /// The steps between two versions; nil where one is missing, or they are no fewer bytes than the whole file.
    private func trail(from older: CheckpointReference, to base: CheckpointReference) async throws -> StepTrail? {
        var trail = StepTrail(to: base, from: client, project: joined.project)
        while trail.start != older {
            guard trail.start.version > older.version, trail.steps.count < Self.maximumSteps,
                try await trail.goBack(), trail.bytes < base.bytes
            else { return nil }
        }
        return trail
    }
}
