import Ledger
import TestSupport
import Testing
import WorkUnits

/// The tree against the definition of RFC 9162, section 2.1, written out without a thought for speed.
struct MerkleTests {
    private static let entries = (0..<600).map { Digest(of: "entry \($0)".utf8) }
    private static let sizes = Array(0..<34) + [63, 64, 65, 127, 255, 256, 257, 511, 512, 600]

    /// MTH.
    private static func root(_ entries: ArraySlice<Digest>) -> Digest {
        switch entries.count {
        case 0: return Digest(of: [UInt8]())
        case 1: return Digest(of: [0] + entries[entries.startIndex].bytes)
        default:
            let middle = entries.startIndex + half(entries.count)
            return Digest(of: [1] + root(entries[..<middle]).bytes + root(entries[middle...]).bytes)
        }
    }

    private static func half(_ count: Int) -> Int {
        var half = 1
        while 2 * half < count { half *= 2 }
        return half
    }

    /// PATH.
    private static func path(_ index: Int, _ entries: ArraySlice<Digest>) -> [Digest] {
        guard entries.count > 1 else { return [] }
        let (left, right) = (entries.prefix(half(entries.count)), entries.dropFirst(half(entries.count)))
        return index < left.count
            ? path(index, left) + [root(right)] : path(index - left.count, right) + [root(left)]
    }

    /// PROOF and SUBPROOF.
    private static func subproof(_ old: Int, _ entries: ArraySlice<Digest>, isWhole: Bool = true) -> [Digest] {
        guard old < entries.count else { return isWhole ? [] : [root(entries)] }
        let (left, right) = (entries.prefix(half(entries.count)), entries.dropFirst(half(entries.count)))
        return old <= left.count
            ? subproof(old, left, isWhole: isWhole) + [root(right)]
            : subproof(old - left.count, right, isWhole: false) + [root(left)]
    }

    /// What a store that keeps what it was told to keep says of ranges.
    private func hashes(_ ranges: [Range<Int>]) -> [Digest] {
        var edge = MerkleEdge()
        var kept: [MerkleTree.Subtree: Digest] = [:]
        for entry in Self.entries { for new in edge.append(entry) { kept[new.subtree] = new.hash } }
        return ranges.map { range in
            MerkleTree.root(
                over: MerkleTree.subtrees(of: range).compactMap { subtree in
                    subtree.hash {
                        Array(Self.entries[$0])
                    } hashes: { level, numbers in
                        numbers.compactMap { kept[MerkleTree.Subtree(level: level, number: $0)] }
                    }
                })
        }
    }

    @Test func `the root is that of the definition, entry by entry and from what was kept`() {
        var edge = MerkleEdge()
        for size in 0...Self.entries.count {
            #expect(edge.count == size && edge.subtrees.count == size.nonzeroBitCount)
            if Self.sizes.contains(size) {
                #expect(edge.root == Self.root(Self.entries[..<size]))
                #expect(MerkleEdge(count: size, subtrees: edge.subtrees) == edge)
                if size > 0 { #expect(hashes([0..<size]) == [edge.root]) }
            }
            if size < Self.entries.count { edge.append(Self.entries[size]) }
        }
    }

    /// Computed with Python's hashlib from the same definition.
    @Test func `known answers`() {
        #expect("\(MerkleTree.empty)" == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        let leaf = MerkleTree.leaf(.zero)
        #expect("\(leaf)" == "7f9c9e31ac8256ca2f258583df262dbc7d6f68f2a03043d5c99a4ae5a7396ce9")
        #expect(
            "\(MerkleTree.root(over: [MerkleTree.node(leaf, leaf), leaf]))"
                == "f6d1543b16c810e99a8ee38d619474a2c63bfd1a5a205688a3cc15c74350ddb5")
    }

    @Test func `hashes are kept for every 256 entries`() {
        var edge = MerkleEdge()
        let kept = Self.entries.flatMap { edge.append($0) }
        #expect(kept.map(\.subtree) == [.init(level: 8, number: 0), .init(level: 8, number: 1)])
        #expect(kept[1].hash == Self.root(Self.entries[256..<512]))
    }

    @Test func `an entry's proof is that of the definition, and proves it alone`() {
        for size in Self.sizes where size > 0 {
            let root = Self.root(Self.entries[..<size])
            for index in Set([0, 1, size / 2, size - 2, size - 1]) where (0..<size).contains(index) {
                let path = hashes(MerkleProof.inclusion(of: index, in: size))
                #expect(path == Self.path(index, Self.entries[..<size]), "\(index) of \(size)")
                let entry = Self.entries[index]
                #expect(MerkleProof.proves(entry, at: index, in: size, root: root, by: path))
                #expect(!MerkleProof.proves(.zero, at: index, in: size, root: root, by: path))
                #expect(!MerkleProof.proves(entry, at: index, in: size, root: .zero, by: path))
                #expect(!MerkleProof.proves(entry, at: index, in: size, root: root, by: path + [root]))
                if size > 1 {
                    #expect(!MerkleProof.proves(entry, at: index, in: size, root: root, by: Array(path.dropLast())))
                    #expect(!MerkleProof.proves(entry, at: (index + 1) % size, in: size, root: root, by: path))
                }
                #expect(!MerkleProof.proves(entry, at: -1, in: size, root: root, by: path))
                #expect(!MerkleProof.proves(entry, at: size, in: size, root: root, by: path))
            }
        }
    }

    @Test func `a beginning's proof is that of the definition, and another history has none`() {
        for new in Self.sizes {
            let newRoot = Self.root(Self.entries[..<new])
            for old in Self.sizes where old <= new {
                let oldRoot = Self.root(Self.entries[..<old])
                let path = hashes(MerkleProof.consistency(from: old, to: new))
                if old > 0 { #expect(path == Self.subproof(old, Self.entries[..<new]), "\(old) to \(new)") }
                #expect(MerkleProof.proves(old, oldRoot, beginning: new, newRoot, by: path), "\(old) to \(new)")
                #expect(!MerkleProof.proves(old, .zero, beginning: new, newRoot, by: path))
                #expect(!MerkleProof.proves(old, oldRoot, beginning: new, newRoot, by: path + [.zero]))
                if old > 0, old < new {
                    #expect(!MerkleProof.proves(old, oldRoot, beginning: new, .zero, by: path))
                    #expect(!MerkleProof.proves(old, oldRoot, beginning: new, newRoot, by: []))
                }
            }
            #expect(!MerkleProof.proves(new + 1, newRoot, beginning: new, newRoot, by: []))
        }
    }
}
