import WorkUnits

/// Which hashes prove something about a Merkle tree, and whether they do (RFC 9162, sections 2.1.3 and 2.1.4).
public enum MerkleProof {
    // MARK: Making

    /// The ranges of leaves whose roots prove that leaf `index` is in the tree of the first `size`, from the leaf up.
    public static func inclusion(of index: Int, in size: Int) -> [Range<Int>] {
        precondition((0..<size).contains(index), "a leaf of the tree")
        var (leaves, ranges) = (0..<size, [Range<Int>]())
        while leaves.count > 1 {
            let (left, right) = halves(leaves)
            ranges.append(left.contains(index) ? right : left)
            leaves = left.contains(index) ? left : right
        }
        return ranges.reversed()
    }

    /// The ranges of leaves whose roots prove that the tree of the first `old` is the beginning of that of the first `new`.
    /// Empty for the same size, and for an old one of no leaves, with which everything is consistent.
    public static func consistency(from old: Int, to new: Int) -> [Range<Int>] {
        precondition((0...new).contains(old), "the older tree is not larger")
        guard old > 0, old < new else { return [] }
        var (leaves, ranges) = (0..<new, [Range<Int>]())
        // Down to the range that ends where the old tree ends.
        while leaves.upperBound != old {
            let (left, right) = halves(leaves)
            ranges.append(old <= left.upperBound ? right : left)
            leaves = old <= left.upperBound ? left : right
        }
        // The whole old tree is known to whoever asks.
        if leaves.lowerBound > 0 { ranges.append(leaves) }
        return ranges.reversed()
    }

    /// The left half has the largest power of two below the count.
    private static func halves(_ leaves: Range<Int>) -> (Range<Int>, Range<Int>) {
        let half = 1 << (Int.bitWidth - 1 - (leaves.count - 1).leadingZeroBitCount)
        let middle = leaves.lowerBound + half
        return (leaves.lowerBound..<middle, middle..<leaves.upperBound)
    }

    // MARK: Checking

    /// Whether hashes prove that an entry is number `index` of those under `root`. `size` and `root` are from a signed head.
    public static func proves(_ entry: Digest, at index: Int, in size: Int, root: Digest, by path: [Digest]) -> Bool {
        guard index >= 0, index < size else { return false }
        // Places of the leaf and of the last leaf, one level up at every step.
        var (place, last) = (index, size - 1)
        var hash = MerkleTree.leaf(entry)
        for sibling in path {
            guard last > 0 else { return false }
            if place & 1 == 1 || place == last {
                hash = MerkleTree.node(sibling, hash)
                // A last node without a sibling rises as it is.
                while place & 1 == 0, place > 0 { (place, last) = (place >> 1, last >> 1) }
            } else {
                hash = MerkleTree.node(hash, sibling)
            }
            (place, last) = (place >> 1, last >> 1)
        }
        return last == 0 && hash == root
    }

    /// Whether hashes prove that the tree of `old` leaves under `oldRoot` is the beginning of that of `new` under `newRoot`.
    public static func proves(
        _ old: Int, _ oldRoot: Digest, beginning new: Int, _ newRoot: Digest, by path: [Digest]
    ) -> Bool {
        guard old >= 0, old <= new else { return false }
        if old == new { return path.isEmpty && oldRoot == newRoot }
        if old == 0 { return path.isEmpty && oldRoot == MerkleTree.empty }
        var path = path[...]
        // The old tree is a subtree of the new one: its root is not sent along.
        guard let seed = old.nonzeroBitCount == 1 ? oldRoot : path.popFirst() else { return false }
        let level = old.trailingZeroBitCount
        var (place, last) = ((old >> level) - 1, (new - 1) >> level)
        var (oldHash, newHash) = (seed, seed)
        for sibling in path {
            guard last > 0 else { return false }
            if place & 1 == 1 || place == last {
                oldHash = MerkleTree.node(sibling, oldHash)
                newHash = MerkleTree.node(sibling, newHash)
                while place & 1 == 0, place > 0 { (place, last) = (place >> 1, last >> 1) }
            } else {
                newHash = MerkleTree.node(newHash, sibling)
            }
            (place, last) = (place >> 1, last >> 1)
        }
        return last == 0 && oldHash == oldRoot && newHash == newRoot
    }
}
