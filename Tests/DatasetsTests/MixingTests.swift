import Datasets
import TestSupport
import Testing
import Tokenization
import WorkUnits

/// Long documents are spread over all shards (decision 30).
struct MixingTests {
    private static let passage = 16
    private static let sequence = 8

    /// Four long documents, each of a letter of its own, and one that is held out.
    private func books(passage: Int) throws -> Example {
        let letters = "abcd".map { String(repeating: $0, count: 4000) }
        var example = try Example(["books": letters, "held": ["something else"]], shardTokens: 1025)
        example.plan.validation.files = ["held"]
        example.plan.passageTokens = passage
        return example
    }

    /// Every shard without its last token, which is the first of the next.
    private func stream(_ prepared: PreparedDataset, _ shards: Shards) throws -> [UInt32] {
        let all = try prepared.manifest.shards.map(shards.tokens)
        for (shard, next) in zip(all, all.dropFirst()) { #expect(shard.last == next.first) }
        return Array(all.flatMap { $0.dropLast() }.prefix(prepared.manifest.training.tokens))
    }

    private func pieces(of tokens: [UInt32], _ length: Int) -> [[UInt32]] {
        stride(from: 0, to: tokens.count, by: length).map { Array(tokens[$0..<min($0 + length, tokens.count)]) }
    }

    @Test func `every shard has something of every long document`() throws {
        let (apart, mixed) = (Shards(), Shards())
        let whole = try books(passage: DatasetPlan.passageRange.upperBound).prepared(into: apart).manifest
        let manifest = try books(passage: Self.passage).prepared(into: mixed).manifest
        let first = try Set(apart.tokens(try #require(whole.shards.first)))
        #expect(first.count == 1, "one document fills the first shard")
        #expect(manifest.shards.count == whole.shards.count && manifest.shards.count == 16)
        for shard in manifest.shards {
            let tokens = try mixed.tokens(shard)
            for letter in Set(tokens) where letter != 256 {
                #expect(tokens.count { $0 == letter } > 100)
            }
            #expect(Set(tokens).subtracting([256]).count == 4)
        }
    }

    @Test func `every token is there once, passages stay whole, and no sequence is torn apart`() throws {
        let documents = Example.numbers(50) + [(0..<900).map { "\($0)" }.joined(separator: " ")]
        var example = try Example(["texts": documents], shardTokens: 8 * Self.sequence + 1)
        example.plan.passageTokens = DatasetPlan.passageRange.upperBound
        let shards = Shards()
        let plain = try stream(example.prepared(into: shards), shards)
        example.plan.passageTokens = Self.passage
        let mixed = try stream(example.prepared(into: shards), shards)

        #expect(mixed.count == plain.count && mixed != plain)
        let (before, after) = (pieces(of: plain, Self.passage), pieces(of: mixed, Self.passage))
        #expect(before.last?.count ?? 0 < Self.passage, "some tokens are no whole passage")
        #expect(after.last == before.last)
        #expect(after.sorted { $0.lexicographicallyPrecedes($1) } == before.sorted { $0.lexicographicallyPrecedes($1) })
        let sequences = Set(pieces(of: plain, Self.sequence))
        #expect(pieces(of: mixed, Self.sequence).allSatisfy(sequences.contains))
        // Neighbours of the one order are none in the other, but by chance.
        let places = Dictionary(zip(before, before.indices), uniquingKeysWith: { first, _ in first })
        let order = after.compactMap { places[$0] }
        #expect(zip(order, order.dropFirst()).count { $1 == $0 + 1 } < order.count / 10)
    }

    @Test func `held-out documents stay whole and in their order`() throws {
        var example = try Example(["texts": Example.numbers(40)])
        example.plan.passageTokens = 3
        let shards = Shards()
        let prepared = try example.prepared(into: shards)
        #expect(
            prepared.documents(try shards.tokens(prepared.manifest.validationShard)) == (try example.sides().validation)
        )
    }

    @Test(arguments: [(vocabulary: 65_536, bytes: 2), (65_537, 4), (262_144, 4)])
    func `ids wait on disk in as many bytes as the vocabulary needs`(vocabulary: Int, bytes: Int) {
        let ids = TokenWidth(vocabulary: vocabulary)
        let tokens = [0, 1, 255, 256, 40_000, UInt32(vocabulary - 1)]
        #expect(ids.bytes(tokens[...]).count == bytes * tokens.count)
        #expect(ids.tokens(ids.bytes(tokens[...])) == tokens)
        #expect(ids.tokens(ids.bytes(tokens[2..<5])) == Array(tokens[2..<5]))
    }

    @Test func `encoding that was stopped goes on where it was`() throws {
        struct Stop: Error {}
        // More text than one bucket of documents may have.
        let numbers = (0..<150_000).map { "\($0)" }.joined(separator: " ")
        let books = (0..<20).map { String(numbers.dropFirst(1001 * $0)) }
        var example = try Example(["books": books, "held": ["something else"]], shardTokens: 2_000_001)
        example.plan.validation.files = ["held"]
        example.plan.passageTokens = 1000
        let whole = try example.prepared()
        let (work, shards) = (try TemporaryFolder(), Shards())
        var encoded = 0
        let stopped = example.preparation(threads: 1, in: work, bytesBetweenSaves: 4 << 20) { progress in
            guard progress.stage == .encoding else { return }
            encoded = progress.done
            if progress.done * 10 > progress.total * 9 { throw Stop() }
        }
        #expect(throws: Stop.self) { try stopped.run(store: shards.store) }
        var first: Int?
        let again = try example.preparation(in: work, bytesBetweenSaves: 4 << 20) { progress in
            if progress.stage == .encoding, first == nil { first = progress.done }
        }.run(store: shards.store)
        #expect(again.manifest == whole.manifest)
        #expect(try #require(first) > encoded / 4, "the first bucket's documents are not encoded again")
    }
}
