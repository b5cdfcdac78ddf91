import Synchronization
import WorkUnits

/// A store that lives as long as the process: for tests and simulations, which may also call it without waiting.
public final class MemoryCoordinatorStore: CoordinatorStore {
    private struct State {
        var run: StoredRun?
        var entries: [LedgerLine] = []
        var checkpoints: [Int: Signed<CheckpointManifest>] = [:]
    }

    private let state = Mutex(State())

    public init() {}

    public func load() -> StoredRun? {
        state.withLock { $0.run }
    }

    public func commit(_ batch: StoreBatch) throws {
        let checkpoints = try batch.checkpoints.map { (try $0.unverified().version, $0) }
        state.withLock { state in
            precondition(batch.ledgerFrom == state.entries.count, "the ledger has no gaps")
            state.entries += batch.ledgerEntries
            state.checkpoints.merge(checkpoints) { _, new in new }
            var run =
                state.run
                ?? StoredRun(snapshot: [], snapshotCount: 0, journal: [], ledgerCount: 0, ledgerHead: .zero)
            run.journal += batch.journal
            if let snapshot = batch.snapshot {
                run.snapshot = snapshot.bytes
                run.snapshotCount = snapshot.count
                run.journal.removeAll { $0.index < snapshot.count }
            }
            run.ledgerCount = state.entries.count
            run.ledgerHead = state.entries.last?.digest ?? run.ledgerHead
            state.run = run
        }
    }

    public func ledgerEntries(from: Int, limit: Int) -> [String] {
        state.withLock { $0.entries.dropFirst(from).prefix(limit).map(\.text) }
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
