import Federation
import Ledger
import WorkUnits

/// Where a coordinator keeps what must survive: the private journal, the public ledger, and what readers ask for.
///
/// One writer. `commit` is one transaction: all of a batch or nothing, durable when it returns.
public protocol CoordinatorStore: Sendable {
    /// What was committed before, or nil for a new project.
    func load() async throws -> StoredRun?

    func commit(_ batch: StoreBatch) async throws

    /// Up to `limit` consecutive ledger entries, canonical JSON, beginning with entry `from`.
    func ledgerEntries(from: Int, limit: Int) async throws -> [String]

    /// The hashes of whole subtrees of the Merkle tree over the ledger.
    func ledgerHashes(of subtrees: [MerkleTree.Subtree]) async throws -> [Digest]

    /// The digest of an entry; nil for one that is not there.
    func ledgerDigest(of entry: Int) async throws -> Digest?

    /// The signed manifest of a version.
    func checkpoint(version: Int) async throws -> Signed<CheckpointManifest>?

    /// One line for each version, oldest first.
    func checkpoints() async throws -> [CheckpointSummary]
}

/// A batch that does not continue what is stored: the writer's mistake. Nothing was changed.
public struct OutOfOrderBatch: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Part: String, Sendable {
        case event
        case snapshot
        case ledgerEntry = "ledger entry"
        case version
    }

    public var part: Part
    public var number: Int
    /// The number that would have continued what is stored.
    public var due: Int

    public init(_ part: Part, _ number: Int, due: Int) {
        self.part = part
        self.number = number
        self.due = due
    }

    public var description: String {
        "this batch does not continue what is stored: \(part.rawValue) \(number) came where \(due) was due"
    }
}

/// A store that lacks a part of the tree over the ledger.
public struct MissingHash: Error, Hashable, Sendable, CustomStringConvertible {
    public var subtree: MerkleTree.Subtree

    public init(_ subtree: MerkleTree.Subtree) {
        self.subtree = subtree
    }

    public var description: String {
        "the store lacks hash \(subtree.number) of level \(subtree.level) of the ledger's tree: restore a backup"
    }
}

/// A run as the store gives it back: the newest snapshot and the journal after it.
public struct StoredRun: Sendable {
    /// Canonical JSON of the `TrainingRun` after `snapshotCount` events, without its hosts.
    public var snapshot: [UInt8]
    public var snapshotCount: Int
    /// The run's hosts then.
    public var hosts: [HostID: KnownHost]
    /// The events after the snapshot, oldest first.
    public var journal: [JournalRecord]
    public var ledger: LedgerChain

    public init(
        snapshot: [UInt8], snapshotCount: Int, hosts: [HostID: KnownHost], journal: [JournalRecord],
        ledger: LedgerChain
    ) {
        self.snapshot = snapshot
        self.snapshotCount = snapshotCount
        self.hosts = hosts
        self.journal = journal
        self.ledger = ledger
    }
}

/// One event that was applied, and when.
public struct JournalRecord: Sendable, Hashable {
    /// Counts events from 0.
    public var index: Int
    public var time: Timestamp
    /// Canonical JSON of the event.
    public var event: [UInt8]

    public init(index: Int, time: Timestamp, event: [UInt8]) {
        self.index = index
        self.time = time
        self.event = event
    }
}

/// What one transaction makes true.
public struct StoreBatch: Sendable {
    public var journal: [JournalRecord] = []
    /// Replaces the older snapshot; the journal before it may be forgotten.
    public var snapshot: RunSnapshot?
    /// New entries, the first at index `ledgerFrom`.
    public var ledgerFrom = 0
    public var ledgerEntries: [AppendedEntry] = []
    public var checkpoints: [Signed<CheckpointManifest>] = []

    public init() {}

    /// Nothing to commit: requests that changed nothing.
    public var isEmpty: Bool {
        journal.isEmpty && snapshot == nil && ledgerEntries.isEmpty && checkpoints.isEmpty
    }
}

/// A run after some of its events.
public struct RunSnapshot: Sendable {
    /// Canonical JSON of the run without its hosts.
    public var run: [UInt8]
    /// Events that it contains.
    public var count: Int
    /// Hosts that are new or changed since the snapshot before: their lines replace older ones.
    public var hosts: [HostID: KnownHost]

    public init(run: [UInt8], count: Int, hosts: [HostID: KnownHost]) {
        self.run = run
        self.count = count
        self.hosts = hosts
    }
}
