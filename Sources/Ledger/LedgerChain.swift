import WorkUnits

/// The writing end of a ledger: knows only where the chain stands.
public struct LedgerChain: Hashable, Sendable {
    /// Entries so far.
    public private(set) var count: Int
    /// Digest of the last entry; `Digest.zero` before the first.
    public private(set) var head: Digest

    public init() {
        self.init(count: 0, head: .zero)
    }

    /// A chain that was written before.
    public init(count: Int, head: Digest) {
        self.count = count
        self.head = head
    }

    /// - Returns: the new entry's canonical JSON, and its digest, which is now the head.
    public mutating func append(_ record: LedgerRecord, at time: Timestamp) throws -> (text: String, digest: Digest) {
        let entry = LedgerEntry(index: count, time: time, previous: head, record: record)
        let bytes = try CanonicalJSON.encode(entry)
        count += 1
        head = Digest(of: bytes)
        return (String(decoding: bytes, as: UTF8.self), head)
    }

    /// - Parameter key: the coordinator's, whose public half names the project.
    public func signedHead(by key: SigningKey) throws -> Signed<LedgerHead> {
        let head = LedgerHead(project: key.verifyingKey, count: count, digest: head)
        return try Signed(head, by: key, context: LedgerHead.signingContext)
    }
}
