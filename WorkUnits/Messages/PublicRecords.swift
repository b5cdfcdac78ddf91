/// The newest point of the ledger, signed by the coordinator.
public struct LedgerHead: Codable, Hashable, Sendable {
    public var project: ProjectID
    /// Entries in the chain.
    public var count: Int
    /// Digest of the last entry.
    public var digest: Digest
    /// Of the Merkle tree over the digests of all entries.
    public var root: Digest

    public static let signingContext = "caravan ledger head 2"

    public init(project: ProjectID, count: Int, digest: Digest, root: Digest) {
        self.project = project
        self.count = count
        self.digest = digest
        self.root = root
    }
}

/// `GET /ledger?from=&limit=`: consecutive entries as canonical JSON text, and the head at the time of the answer.
public struct LedgerPage: Codable, Hashable, Sendable {
    public var from: Int
    public var entries: [String]
    public var head: Signed<LedgerHead>

    public init(from: Int, entries: [String], head: Signed<LedgerHead>) {
        self.from = from
        self.entries = entries
        self.head = head
    }
}

/// What a published version is made of, signed by the coordinator: with the public blobs, enough to recompute it.
public struct CheckpointManifest: Codable, Hashable, Sendable {
    public var format: Int
    public var project: ProjectID
    public var version: Int
    /// Accepted contributions up to this version.
    public var height: Int
    public var weights: CheckpointReference
    /// What the outer optimizer carries to the next version; nil where the strategy carries nothing, and for version 0.
    public var state: OuterState?
    /// The step from the previous version, an archive (see `CheckpointStep`); nil for version 0, and where the strategy has no
    /// step codec.
    public var step: BlobReference?
    /// The version that the contributions were added to; nil for version 0.
    public var previous: CheckpointReference?
    public var model: ModelConfiguration
    public var strategy: Strategy
    public var tokenizer: Digest
    public var dataset: Digest
    /// In the order of averaging: by unit index.
    public var contributions: [Contribution]
    public var metrics: Metrics

    public static let currentFormat = 1
    public static let signingContext = "caravan checkpoint 1"

    public init(
        project: ProjectID, version: Int, height: Int, weights: CheckpointReference, state: OuterState? = nil,
        step: BlobReference? = nil, previous: CheckpointReference?, model: ModelConfiguration, strategy: Strategy,
        tokenizer: Digest,
        dataset: Digest, contributions: [Contribution], metrics: Metrics
    ) {
        format = Self.currentFormat
        self.project = project
        self.version = version
        self.height = height
        self.weights = weights
        self.state = state
        self.step = step
        self.previous = previous
        self.model = model
        self.strategy = strategy
        self.tokenizer = tokenizer
        self.dataset = dataset
        self.contributions = contributions
        self.metrics = metrics
    }
}

/// An accepted submission, as a merge sees it.
public struct Contribution: Codable, Hashable, Sendable {
    /// The unit's index in the run.
    public var index: Int
    /// Digest of the work-unit archive.
    public var unit: Digest
    /// Digest of the update archive.
    public var update: Digest
    public var host: HostID
    /// The version that the unit was trained from.
    public var baseVersion: Int
    /// Tokens that the coordinator issued in the unit.
    public var tokens: Int

    public init(index: Int, unit: Digest, update: Digest, host: HostID, baseVersion: Int, tokens: Int) {
        self.index = index
        self.unit = unit
        self.update = update
        self.host = host
        self.baseVersion = baseVersion
        self.tokens = tokens
    }
}

/// How well a version predicts held-out text.
public struct Metrics: Codable, Hashable, Sendable {
    /// Mean cross-entropy in nats per token.
    public var loss: Double
    /// `loss · tokens / (ln 2 · bytes)`: comparable between tokenizers.
    public var bitsPerByte: Double
    /// Share of tokens whose argmax prediction is right.
    public var tokenAccuracy: Double
    /// Tokens that were predicted.
    public var tokens: Int
    /// UTF-8 bytes that those tokens stand for.
    public var bytes: Int

    public init(loss: Double, bitsPerByte: Double, tokenAccuracy: Double, tokens: Int, bytes: Int) {
        self.loss = loss
        self.bitsPerByte = bitsPerByte
        self.tokenAccuracy = tokenAccuracy
        self.tokens = tokens
        self.bytes = bytes
    }
}

/// `GET /status`: where the run stands. Unsigned: for people and dashboards.
public struct ServerStatus: Codable, Hashable, Sendable {
    public var name: String
    public var project: ProjectID
    public var version: Int
    /// The run's last version.
    public var lastVersion: Int
    public var height: Int
    public var mergeEvery: Int
    public var hosts: Int
    public var openAssignments: Int
    public var issued: Int
    public var rejected: Int
    public var expired: Int
    /// Sound, but unusual in some way: audited, where answers are.
    public var suspicious: Int
    /// Blob bytes sent to and update bytes received from hosts since the server started.
    public var bytesDown: Int
    public var bytesUp: Int
    public var checkpoints: [CheckpointSummary]
    public var finished: Bool

    public init(
        name: String, project: ProjectID, version: Int, lastVersion: Int, height: Int, mergeEvery: Int, hosts: Int,
        openAssignments: Int, issued: Int, rejected: Int, expired: Int, suspicious: Int, bytesDown: Int, bytesUp: Int,
        checkpoints: [CheckpointSummary], finished: Bool
    ) {
        self.name = name
        self.project = project
        self.version = version
        self.lastVersion = lastVersion
        self.height = height
        self.mergeEvery = mergeEvery
        self.hosts = hosts
        self.openAssignments = openAssignments
        self.issued = issued
        self.rejected = rejected
        self.expired = expired
        self.suspicious = suspicious
        self.bytesDown = bytesDown
        self.bytesUp = bytesUp
        self.checkpoints = checkpoints
        self.finished = finished
    }
}

/// One line of the table of versions.
public struct CheckpointSummary: Codable, Hashable, Sendable {
    public var version: Int
    public var height: Int
    public var weights: Digest
    public var metrics: Metrics

    public init(version: Int, height: Int, weights: Digest, metrics: Metrics) {
        self.version = version
        self.height = height
        self.weights = weights
        self.metrics = metrics
    }
}
