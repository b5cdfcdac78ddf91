import Coordination
import Ledger
import Synchronization
import WorkUnits

/// A store whose transactions fail when told to: before they are durable, or after, when only the answer is lost.
public final class FaultyStore: CoordinatorStore {
    public enum Fault: Sendable {
        case before
        case after
        /// Before, with this reason.
        case refusal(Refusal)
    }

    /// A transaction that a test let fail.
    public struct Failed: Error {}

    private let store: any CoordinatorStore
    private let fault = Mutex<Fault?>(nil)

    public init(_ store: any CoordinatorStore) {
        self.store = store
    }

    /// Lets the next transaction fail.
    public func failNext(_ fault: Fault) {
        self.fault.withLock { $0 = fault }
    }

    public func commit(_ batch: StoreBatch) async throws {
        let fault = fault.withLock { fault in
            defer { fault = nil }
            return fault
        }
        switch fault {
        case .before: throw Failed()
        case .refusal(let refusal): throw refusal
        case .after, nil: try await store.commit(batch)
        }
        if case .after = fault { throw Failed() }
    }

    public func load() async throws -> StoredRun? { try await store.load() }

    public func ledgerEntries(from: Int, limit: Int) async throws -> [String] {
        try await store.ledgerEntries(from: from, limit: limit)
    }

    public func ledgerHashes(of subtrees: [MerkleTree.Subtree]) async throws -> [Digest] {
        try await store.ledgerHashes(of: subtrees)
    }

    public func ledgerDigest(of entry: Int) async throws -> Digest? { try await store.ledgerDigest(of: entry) }

    public func checkpoint(version: Int) async throws -> Signed<CheckpointManifest>? {
        try await store.checkpoint(version: version)
    }

    public func checkpoints() async throws -> [CheckpointSummary] { try await store.checkpoints() }
}
