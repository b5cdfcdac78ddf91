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
            guard let steps = try await steps(from: older, to: base) else { return false }
            let total = steps.reduce(0) { $0 + $1.bytes }
            var done = 0
            for step in steps {
                let before = done
                if try !cache.has(step) {
                    try await client.download(step.digest, bytes: step.bytes, to: cache.path(of: step)) {
                        progress(before + $0, total)
                    }
                }
                done += step.bytes
            }
            return try cache.make(base, from: older, by: steps)
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

    /// The steps between two versions, oldest first, as signed manifests name them.
    ///
    /// - Returns: nil where one is missing, or they are no fewer bytes than the whole file.
    private func steps(
        from older: CheckpointReference, to base: CheckpointReference
    ) async throws -> [BlobReference]? {
        var steps: [BlobReference] = []
        var reached = base
        var bytesLeft = base.bytes
        while reached != older {
            guard reached.version > older.version, steps.count < Self.maximumSteps else { return nil }
            let manifest = try await client.checkpoint(version: reached.version)
                .verified(by: joined.project, context: CheckpointManifest.signingContext)
            guard manifest.weights == reached, let step = manifest.step, let previous = manifest.previous,
                previous.version == reached.version - 1, step.bytes > 0, step.bytes < bytesLeft
            else { return nil }
            bytesLeft -= step.bytes
            steps.append(step)
            reached = previous
        }
        return steps.reversed()
    }
}
