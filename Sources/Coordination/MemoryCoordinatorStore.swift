import Ledger
import Synchronization
import WorkUnits

/// A store that lives as long as the process: for tests and simulations, which may also call it without waiting.
public final class MemoryCoordinatorStore: CoordinatorStore {
    private struct State {
        var run = StoredRun(snapshot: [], snapshotCount: 0, hosts: [:], journal: [], ledger: LedgerChain())
        var entries: [AppendedEntry] = []
        var hashes: [MerkleTree.Subtree: Digest] = [:]
        var checkpoints: [Int: Signed<CheckpointManifest>] = [:]

        mutating func append(
            _ batch: StoreBatch, _ versions: [(Int, Signed<CheckpointManifest>)]
        ) throws(OutOfOrderBatch) {
            for record in batch.journal {
                let due = run.snapshotCount + run.journal.count
                guard record.index == due else { throw OutOfOrderBatch(.event, record.index, due: due) }
                run.journal.append(record)
            }
            if let snapshot = batch.snapshot { try replace(snapshot) }
            guard batch.ledgerEntries.isEmpty || batch.ledgerFrom == entries.count else {
                throw OutOfOrderBatch(.ledgerEntry, batch.ledgerFrom, due: entries.count)
            }
            entries += batch.ledgerEntries
            for entry in batch.ledgerEntries {
                for kept in run.ledger.append(entry.digest) { hashes[kept.subtree] = kept.hash }
            }
            for (version, manifest) in versions {
                guard checkpoints.updateValue(manifest, forKey: version) == nil else {
                    throw OutOfOrderBatch(.version, version, due: checkpoints.count)
                }
            }
        }

        func hash(of subtree: MerkleTree.Subtree) throws(MissingHash) -> Digest {
            let hash = subtree.hash {
                entries[min($0.lowerBound, entries.count)..<min($0.upperBound, entries.count)].map(\.digest)
            } hashes: { level, numbers in
                numbers.compactMap { hashes[MerkleTree.Subtree(level: level, number: $0)] }
            }
            guard let hash else { throw MissingHash(subtree) }
            return hash
        }

        private mutating func replace(_ snapshot: RunSnapshot) throws(OutOfOrderBatch) {
            let events = run.snapshotCount + run.journal.count
            guard snapshot.count <= events || events == 0 else {
                throw OutOfOrderBatch(.snapshot, snapshot.count, due: events)
            }
            run.snapshot = snapshot.run
            run.snapshotCount = snapshot.count
            run.hosts.merge(snapshot.hosts) { $1 }
            run.journal.removeAll { $0.index < snapshot.count }
        }
    }

    private let state = Mutex(State())

    public init() {}

    public func load() -> StoredRun? {
        state.withLock { $0.run.snapshot.isEmpty ? nil : $0.run }
    }

    public func commit(_ batch: StoreBatch) throws {
        let checkpoints = try batch.checkpoints.map { (try $0.unverified().version, $0) }
        try state.withLock { state in
            // All of it, or nothing.
            var next = state
            try next.append(batch, checkpoints)
            state = next
        }
    }

    public func ledgerEntries(from: Int, limit: Int) -> [String] {
        state.withLock { $0.entries.dropFirst(max(0, from)).prefix(max(0, limit)).map(\.text) }
    }

    public func ledgerHashes(of subtrees: [MerkleTree.Subtree]) throws -> [Digest] {
        try state.withLock { state in try subtrees.map(state.hash) }
    }

    public func ledgerDigest(of entry: Int) -> Digest? {
        state.withLock { $0.entries.indices.contains(entry) ? $0.entries[entry].digest : nil }
    }

    public func checkpoint(version: Int) -> Signed<CheckpointManifest>? {
        state.withLock { $0.checkpoints[version] }
    }

    public func checkpoints() throws -> [CheckpointSummary] {
        let manifests = state.withLock { $0.checkpoints.sorted { $0.key < $1.key }.map(\.value) }
        return try manifests.map { signed in
            let manifest = try signed.unverified()
            return CheckpointSummary(
                version: manifest.version, height: manifest.height, weights: manifest.weights.weights,
                metrics: manifest.metrics)
        }
    }
}
