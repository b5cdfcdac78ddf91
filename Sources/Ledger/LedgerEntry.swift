import WorkUnits

/// One link of the public hash chain. Its canonical JSON is what is stored, served and digested.
public struct LedgerEntry: Codable, Hashable, Sendable {
    /// Counts entries from 0.
    public var index: Int
    /// When the coordinator wrote it.
    public var time: Timestamp
    /// Digest of the entry before; `Digest.zero` for the first.
    public var previous: Digest
    /// So that nobody but the coordinator can foresee the entry's digest, which draws. At most 53 bits, which every reader of JSON
    /// keeps.
    public var nonce: UInt64
    public var record: LedgerRecord

    public init(index: Int, time: Timestamp, previous: Digest, nonce: UInt64, record: LedgerRecord) {
        self.index = index
        self.time = time
        self.previous = previous
        self.nonce = nonce
        self.record = record
    }
}

/// What the ledger records.
public enum LedgerRecord: Codable, Hashable, Sendable {
    /// The first entry, and only that: which project this is.
    case opened(Signed<ProjectDescription>)
    /// A host joined, or came with a later certificate.
    case joined(Signed<HostRegistration>)
    /// A volunteer took a host out: it may do nothing more, and what it did stays.
    case revoked(Signed<HostRevocation>)
    /// An account goes on under another key.
    case keyReplaced(ConfirmedReplacement)
    /// The project's people refuse an account, or do so no more.
    case banned(Signed<AccountBan>)
    /// A submission counts: the height rises by one.
    case contribution(Contribution, Signed<Submission>)
    /// A sound submission that earns credit alone (`UncountedReason`): the height stays.
    case uncounted(Contribution, Signed<Submission>)
    /// A version is published. `manifest` is the digest of its signed manifest's document.
    case checkpoint(version: Int, height: Int, weights: CheckpointReference, manifest: Digest)
    /// An answer of an earlier entry was trained again, with the same result: by the host that signed the submission, or
    /// without one by the coordinator.
    case audited(Contribution, by: Signed<Submission>?)
    /// A host's answer is not what its unit gives. Its contributions that are named do not count.
    case convicted(Conviction)

    /// Whether it records an answer, which its entry's digest draws for an audit, or not.
    public var isAnswer: Bool {
        switch self {
        case .contribution, .uncounted: true
        case .audited(_, let submission): submission != nil
        case .opened, .joined, .revoked, .keyReplaced, .banned, .checkpoint, .convicted: false
        }
    }

    enum OpenedCodingKeys: String, CodingKey {
        case _0 = "project"
    }

    enum ContributionCodingKeys: String, CodingKey {
        case _0 = "contribution"
        case _1 = "submission"
    }

    enum JoinedCodingKeys: String, CodingKey {
        case _0 = "registration"
    }

    enum RevokedCodingKeys: String, CodingKey {
        case _0 = "revocation"
    }

    enum KeyReplacedCodingKeys: String, CodingKey {
        case _0 = "replacement"
    }

    enum BannedCodingKeys: String, CodingKey {
        case _0 = "ban"
    }

    typealias UncountedCodingKeys = ContributionCodingKeys

    enum AuditedCodingKeys: String, CodingKey {
        case _0 = "contribution"
        case by = "submission"
    }

    enum ConvictedCodingKeys: String, CodingKey {
        case _0 = "conviction"
    }
}
