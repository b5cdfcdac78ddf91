/// A witness's word about a ledger: that this head, and every one it saw before, are of one and the same history. Signed by the
/// witness.
public struct Cosignature: Codable, Hashable, Sendable {
    public var project: ProjectID
    public var witness: VerifyingKey
    /// Entries of the head, and the root over them.
    public var count: Int
    public var root: Digest
    public var time: Timestamp

    public static let signingContext = "caravan cosignature 1"

    public init(project: ProjectID, witness: VerifyingKey, count: Int, root: Digest, time: Timestamp) {
        self.project = project
        self.witness = witness
        self.count = count
        self.root = root
        self.time = time
    }
}

/// `GET /ledger/proof?entry=&size=`: an entry is among the first `size` of the ledger.
public struct InclusionProof: Codable, Hashable, Sendable {
    public var entry: Int
    public var size: Int
    /// Digest of the entry.
    public var digest: Digest
    /// From the leaf up.
    public var path: [Digest]

    public init(entry: Int, size: Int, digest: Digest, path: [Digest]) {
        self.entry = entry
        self.size = size
        self.digest = digest
        self.path = path
    }
}

/// `GET /ledger/consistency?from=&to=`: the first `from` entries are the beginning of the first `to`.
public struct ConsistencyProof: Codable, Hashable, Sendable {
    public var from: Int
    public var to: Int
    public var path: [Digest]

    public init(from: Int, to: Int, path: [Digest]) {
        self.from = from
        self.to = to
        self.path = path
    }
}

/// Two heads that one coordinator signed, of which neither continues the other as far as it could show: what to publish.
public struct ForkEvidence: Codable, Hashable, Sendable {
    public var seen: Signed<LedgerHead>
    public var shown: Signed<LedgerHead>
    /// What was shown for a proof; nil where none was.
    public var proof: ConsistencyProof?

    public init(seen: Signed<LedgerHead>, shown: Signed<LedgerHead>, proof: ConsistencyProof?) {
        self.seen = seen
        self.shown = shown
        self.proof = proof
    }
}
