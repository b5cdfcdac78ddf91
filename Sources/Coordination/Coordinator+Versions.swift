import WorkUnits

/// Which versions stay whole, where a published step leads to each: docs/decisions/0022-old-versions-are-steps.md.
extension Coordinator {
    /// What the blobs and the store say of the versions so far. Manifests are read of those that are whole.
    static func versions(
        in store: any CoordinatorStore, _ blobs: any BlobStore, snapshotEvery: Int
    ) async throws -> KeptVersions {
        var kept = KeptVersions(snapshotEvery: snapshotEvery)
        for summary in try await store.checkpoints() {
            if try kept.isSnapshot(summary.version) || blobs.open(summary.weights) != nil,
                let manifest = try await store.checkpoint(version: summary.version)
            {
                kept.add(try manifest.known())
            } else {
                kept.addRemoved(summary.weights)
            }
        }
        return kept
    }

    /// Removes versions that nobody needs whole: none that is a snapshot, the newest, or in the hands of a host.
    ///
    /// What was so when the newest version was committed stays so: units are issued from the newest alone. A crash leaves files
    /// to the next start.
    func removeOldVersions() async throws {
        let (newest, bases) = (published.version, published.bases)
        while let count = kept?.count, count <= newest {
            guard let manifest = try await store.checkpoint(version: count) else { return }
            if kept?.count == count { kept?.add(try manifest.known()) }
        }
        for old in kept?.expendable(newest: newest, bases: bases) ?? [] {
            try await remove(old)
            kept?.remove(old.version)
        }
    }

    /// Off the actor: large files take their time.
    private nonisolated func remove(_ old: KeptVersions.Passing) async throws {
        guard try blobs.open(old.step) != nil else {
            return report("version \(old.version) stays whole: its step \(old.step.short) is missing from the blobs")
        }
        for file in old.files { try blobs.remove(file) }
    }

    /// A blob for anyone.
    ///
    /// - Throws: `Refusal`, for weights that were removed with how to make them again.
    public nonisolated func blob(_ digest: Digest) async throws -> any RandomAccessBytes {
        if let blob = try blobs.open(digest) { return blob }
        throw await absence(of: digest)
    }

    private func absence(of digest: Digest) -> Refusal {
        guard let kept, let version = kept.removed(digest) else {
            return Refusal(.notFound, "there is no blob of this name: names are SHA-256 digests, 64 digits")
        }
        let snapshot = version - version % kept.snapshotEvery
        return Refusal(
            .gone,
            "the weights of version \(version) are not kept: they are those of version \(snapshot) and the steps of versions "
                + "\(snapshot + 1) to \(version), as caravan download --version \(version) makes them")
    }
}
