import WorkUnits

/// The Merkle tree over a ledger's entries, as in RFC 9162, section 2.1: a leaf is SHA-256(0 · digest of the entry), a node
/// SHA-256(1 · left · right), and the left part of n leaves has the largest power of two below n.
public enum MerkleTree {
    public static func leaf(_ entry: Digest) -> Digest { hash(0, entry.bytes) }

    public static func node(_ left: Digest, _ right: Digest) -> Digest { hash(1, left.bytes, right.bytes) }

    private static func hash(_ prefix: UInt8, _ parts: [UInt8]...) -> Digest {
        var hasher = DigestHasher()
        hasher.update([prefix])
        for part in parts { hasher.update(part) }
        return hasher.finish()
    }

    /// The root of no leaves.
    public static let empty = Digest(of: [UInt8]())

    /// The root over subtrees that stand side by side, the largest first.
    public static func root(over subtrees: some BidirectionalCollection<Digest>) -> Digest {
        guard let last = subtrees.last else { return empty }
        return subtrees.dropLast().reversed().reduce(last) { node($1, $0) }
    }

    /// The whole subtrees that leaves in this range are made of, the largest first.
    ///
    /// - Parameter leaves: begins where a subtree as large as the largest in it can begin, as all ranges of proofs do.
    public static func subtrees(of leaves: Range<Int>) -> [Subtree] {
        var subtrees: [Subtree] = []
        var start = leaves.lowerBound
        while start < leaves.upperBound {
            let level = Int.bitWidth - 1 - (leaves.upperBound - start).leadingZeroBitCount
            subtrees.append(Subtree(level: level, number: start >> level))
            start += 1 << level
        }
        return subtrees
    }

    /// 2^level leaves, the first of which is leaf number · 2^level.
    public struct Subtree: Hashable, Sendable {
        public var level: Int
        public var number: Int

        public init(level: Int, number: Int) {
            self.level = level
            self.number = number
        }

        /// Levels whose hashes are kept: others are computed from at most 128 of the next kept level below.
        public static let keptLevels = 8

        /// What is kept and makes up this subtree, from left to right.
        private var kept: (level: Int, numbers: Range<Int>) {
            let above = level % Self.keptLevels
            return (level - above, number << above..<(number + 1) << above)
        }

        /// The hash, from what a store keeps.
        ///
        /// - Parameters:
        ///   - digests: of these entries.
        ///   - hashes: of the subtrees of a level that have these numbers.
        public func hash(
            digests: (Range<Int>) throws -> [Digest], hashes: (Int, Range<Int>) throws -> [Digest]
        ) rethrows -> Digest? {
            let (level, numbers) = kept
            let parts = level == 0 ? try digests(numbers).map(leaf) : try hashes(level, numbers)
            return parts.count == numbers.count ? Self.hash(over: parts) : nil
        }

        private static func hash(over kept: [Digest]) -> Digest {
            var row = kept
            while row.count > 1 { row = stride(from: 0, to: row.count, by: 2).map { node(row[$0], row[$0 + 1]) } }
            return row[0]
        }
    }
}

/// The right edge of a Merkle tree: all that is needed to add leaves and to tell the root, log2 n hashes.
public struct MerkleEdge: Hashable, Sendable {
    /// Leaves so far.
    public private(set) var count: Int
    /// Of the whole subtrees side by side, the largest first: one for every 1 in `count`.
    public private(set) var subtrees: [Digest]

    public init() {
        self.init(count: 0, subtrees: [])
    }

    /// An edge that was kept: see `MerkleTree.subtrees`.
    public init(count: Int, subtrees: [Digest]) {
        precondition(subtrees.count == count.nonzeroBitCount, "an edge has a hash for every bit of its count")
        self.count = count
        self.subtrees = subtrees
    }

    public var root: Digest { MerkleTree.root(over: subtrees) }

    /// Adds a leaf.
    ///
    /// - Returns: the hashes to keep of subtrees that are whole now, if any.
    @discardableResult
    public mutating func append(_ entry: Digest) -> [KeptHash] {
        var kept: [KeptHash] = []
        var hash = MerkleTree.leaf(entry)
        for level in 0..<count.trailingOneBitCount {
            hash = MerkleTree.node(subtrees.removeLast(), hash)
            guard (level + 1).isMultiple(of: MerkleTree.Subtree.keptLevels) else { continue }
            kept.append(KeptHash(subtree: .init(level: level + 1, number: count >> (level + 1)), hash: hash))
        }
        subtrees.append(hash)
        count += 1
        return kept
    }
}

/// A subtree's hash that a store keeps, so that a proof is read and not computed from all entries.
public struct KeptHash: Hashable, Sendable {
    public var subtree: MerkleTree.Subtree
    public var hash: Digest

    public init(subtree: MerkleTree.Subtree, hash: Digest) {
        self.subtree = subtree
        self.hash = hash
    }
}

extension Int {
    fileprivate var trailingOneBitCount: Int { (~self).trailingZeroBitCount }
}
