import Ledger
import WorkUnits

/// What shows that everybody reads the same ledger.
extension Coordinator {
    /// Most witnesses whose newest word is published, beside those that the project names.
    static let witnessLimit = 64

    /// Proves that an entry is among the first `size`.
    public func inclusionProof(of entry: Int, in size: Int?) async throws -> InclusionProof {
        let size = try existing(size)
        guard (0..<size).contains(entry) else {
            throw Refusal(.notFound, "entry \(entry) is not among the first \(size) of the ledger")
        }
        return try await reading {
            guard let digest = try await store.ledgerDigest(of: entry) else {
                throw Refusal(.notFound, "there is no entry \(entry)")
            }
            return InclusionProof(
                entry: entry, size: size, digest: digest,
                path: try await roots(of: MerkleProof.inclusion(of: entry, in: size)))
        }
    }

    /// Proves that the first `old` entries are the beginning of the first `new`.
    public func consistencyProof(from old: Int, to new: Int?) async throws -> ConsistencyProof {
        let new = try existing(new)
        guard (0...new).contains(old) else {
            throw Refusal(.notFound, "the ledger of \(new) entries does not begin with \(old)")
        }
        return try await reading {
            ConsistencyProof(
                from: old, to: new, path: try await roots(of: MerkleProof.consistency(from: old, to: new)))
        }
    }

    private func existing(_ size: Int?) throws(Refusal) -> Int {
        let count = published.ledger.count
        guard let size else { return count }
        guard (0...count).contains(size) else { throw Refusal(.notFound, "the ledger has \(count) entries") }
        return size
    }

    private nonisolated func roots(of ranges: [Range<Int>]) async throws -> [Digest] {
        let subtrees = ranges.map(MerkleTree.subtrees)
        var hashes = try await store.ledgerHashes(of: subtrees.flatMap(\.self))[...]
        return subtrees.map { parts in
            defer { hashes.removeFirst(parts.count) }
            return MerkleTree.root(over: hashes.prefix(parts.count))
        }
    }

    /// Takes a witness's word, if it speaks of this ledger. The newest of each is published, as long as the server runs.
    public func witness(_ signed: Signed<Cosignature>) async throws {
        let word = try signed.verified(for: projectID)
        guard (0...published.ledger.count).contains(word.count) else {
            throw Refusal(.conflict, "the ledger has \(published.ledger.count) entries, not \(word.count)")
        }
        let root = try await reading { try await roots(of: [0..<word.count]) }.first
        guard root == word.root else {
            throw Refusal(
                .conflict,
                "the first \(word.count) entries of this ledger have another root: publish what you have seen")
        }
        if let known = try cosignatures[word.witness]?.known(), known.count > word.count { return }
        let named = Set(try description.known().witnesses ?? [])
        let strangers = cosignatures.keys.count { !named.contains($0) }
        guard cosignatures[word.witness] != nil || named.contains(word.witness) || strangers < Self.witnessLimit else {
            throw Refusal(.unavailable, "\(Self.witnessLimit) others witness this ledger since the server started")
        }
        cosignatures[word.witness] = signed
    }

    /// The newest word of each witness, by the witnesses' names.
    public func witnesses() -> [Signed<Cosignature>] {
        cosignatures.sorted { $0.key < $1.key }.map(\.value)
    }
}

extension Cosignature: SignedRequest {
    var signer: VerifyingKey { witness }
    var uniqueStamp: RequestStamp? { nil }
}
