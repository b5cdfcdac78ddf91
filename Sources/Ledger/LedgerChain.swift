import WorkUnits

/// The writing end of a ledger: knows only where the chain and the tree over it stand.
public struct LedgerChain: Hashable, Sendable {
    /// Digest of the last entry; `Digest.zero` before the first.
    public private(set) var head: Digest
    /// Of the Merkle tree over the entries.
    public private(set) var edge: MerkleEdge

    public init() {
        self.init(head: .zero, edge: MerkleEdge())
    }

    /// A chain that was written before.
    public init(head: Digest, edge: MerkleEdge) {
        self.head = head
        self.edge = edge
    }

    /// Entries so far.
    public var count: Int { edge.count }

    /// The next entry, which is now the last one.
    ///
    /// - Parameter secret: what its nonce is made from, together with all entries before; the coordinator alone knows it.
    public mutating func append(
        _ record: LedgerRecord, at time: Timestamp, secret: Digest = .zero
    ) throws -> AppendedEntry {
        let nonce = Digest(of: secret.bytes + head.bytes).leadingBits
        let entry = LedgerEntry(index: count, time: time, previous: head, nonce: nonce >> 11, record: record)
        let bytes = try CanonicalJSON.encode(entry)
        let digest = Digest(of: bytes)
        return AppendedEntry(
            text: String(decoding: bytes, as: UTF8.self), digest: digest, hashes: append(digest),
            isAnswer: record.isAnswer)
    }

    /// Goes on by an entry of this digest, which was made or read elsewhere.
    ///
    /// - Returns: the hashes to keep of subtrees that are whole now.
    @discardableResult
    public mutating func append(_ digest: Digest) -> [KeptHash] {
        head = digest
        return edge.append(digest)
    }

    /// - Parameter key: the coordinator's, whose public half names the project.
    public func signedHead(by key: SigningKey) throws -> Signed<LedgerHead> {
        let head = LedgerHead(project: key.verifyingKey, count: count, digest: head, root: edge.root)
        return try Signed(head, by: key, context: LedgerHead.signingContext)
    }
}

/// What a store keeps of an entry.
public struct AppendedEntry: Hashable, Sendable {
    /// Canonical JSON.
    public var text: String
    public var digest: Digest
    /// Of subtrees that end with it.
    public var hashes: [KeptHash]
    /// Whether its digest draws if somebody trains it again.
    public var isAnswer: Bool

    public init(text: String, digest: Digest, hashes: [KeptHash] = [], isAnswer: Bool = false) {
        self.text = text
        self.digest = digest
        self.hashes = hashes
        self.isAnswer = isAnswer
    }
}
