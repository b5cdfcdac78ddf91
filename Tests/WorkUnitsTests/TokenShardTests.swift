import TestSupport
import Testing
import WorkUnits

@Suite struct TokenShardTests {
    @Test(arguments: [
        (1, 40), (TokenShardTests.chunk - 1, 40), (TokenShardTests.chunk, 65_536), (TokenShardTests.chunk + 1, 65_537),
        (2 * TokenShardTests.chunk + 3, 1_000_000),
    ])
    func `a shard gives back its tokens`(count: Int, vocabulary: Int) throws {
        var random = SplitMix64(seed: UInt64(count))
        let tokens = (0..<count).map { _ in UInt32.random(in: 0..<UInt32(vocabulary), using: &random) }
        let shard = try TokenShard.encode(tokens, vocabulary: vocabulary)
        #expect(try TokenShard.decode(shard) == tokens)
    }

    @Test func `the largest id of a vocabulary fits, the next does not`() throws {
        for vocabulary in [40, 65_536, 65_537] {
            let last = UInt32(vocabulary - 1)
            #expect(try TokenShard.decode(TokenShard.encode([last], vocabulary: vocabulary)) == [last])
            #expect(throws: MalformedArchive.self) { try TokenShard.encode([last + 1], vocabulary: vocabulary) }
        }
    }

    @Test func `the same tokens have the same bytes`() throws {
        let tokens = (0..<1000).map { UInt32($0 % 37) }
        #expect(try TokenShard.encode(tokens, vocabulary: 40) == TokenShard.encode(tokens, vocabulary: 40))
    }

    @Test func `a shard without tokens is refused`() {
        #expect(throws: MalformedArchive("0 tokens are not between 1 and 16777216")) {
            try TokenShard.encode([], vocabulary: 40)
        }
    }

    @Test func `another kind of archive is not a shard`() throws {
        let update = try UpdateArchive.encode(.example(parameterCount: 3), difference: [1, 2, 3])
        #expect(throws: MalformedArchive("it is of kind 'update', not 'tokens'")) { try TokenShard.decode(update) }
    }

    private static let chunk = 1 << 18
}
