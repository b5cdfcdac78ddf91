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

    @Test(arguments: TokenDistribution.allCases, [1, 256, 257, 32_768, 65_536, 100_000, 1_000_000])
    func `any tokens come back, however many and however skewed`(
        distribution: TokenDistribution, vocabulary: Int
    ) throws {
        var random = SplitMix64(seed: UInt64(vocabulary))
        for count in Array(1...20) + [63, 64, 65, 1000, 4099] {
            let tokens = distribution.tokens(count, below: vocabulary, using: &random)
            let shard = try TokenShard.encode(tokens, vocabulary: vocabulary)
            #expect(try TokenShard.decode(shard) == tokens, "\(count)")
            // What the manifest and the table have, and less than 8 bytes for each token, even the rarest.
            #expect(shard.count <= 160 + 8 * count)
        }
    }

    @Test func `English-like tokens take little more than their entropy`() throws {
        var random = SplitMix64(seed: 3)
        let tokens = TokenDistribution.zipf.tokens(Self.chunk, below: 32_768, using: &random)
        var counts: [UInt32: Double] = [:]
        for token in tokens { counts[token, default: 0] += 1 }
        let total = Double(tokens.count)
        // The bits of the exponent and a linear piece between the powers of two: never more than log2, at most 0.09 less.
        let entropy = counts.values.reduce(0) { $0 + $1 / total * (total / $1).logarithmFromBelow }
        let bits = 8 * Double(try TokenShard.encode(tokens, vocabulary: 32_768).count) / total
        #expect(bits > entropy && bits < entropy + 0.5, "\(bits) bits for \(entropy)")
    }

    @Test func `one token again and again takes no bits at all`() throws {
        let few = try TokenShard.encode([39, 39], vocabulary: 40)
        let many = try TokenShard.encode(Array(repeating: 39, count: 200_000), vocabulary: 40)
        #expect(many.count - few.count == "200000".count - "2".count)
        #expect(try TokenShard.decode(many) == Array(repeating: 39, count: 200_000))
    }

    @Test func `some tokens are read without the others`() throws {
        let count = 2 * Self.chunk + 1000
        let tokens = (0..<count).map { UInt32($0 * 7 % 1001) }
        let shard = try TokenShard.encode(tokens, vocabulary: 1001)
        let ranges = [
            0..<1, 5..<5, count - 1..<count, Self.chunk - 1..<Self.chunk + 1, 100..<Self.chunk, 3..<count,
            count..<count,
        ]
        for range in ranges {
            #expect(try TokenShard.decode(shard, in: range) == Array(tokens[range]), "\(range)")
        }
        #expect(throws: MalformedArchive("tokens 3..<525289 are not among its 525288")) {
            try TokenShard.decode(shard, in: 3..<count + 1)
        }
        #expect(throws: MalformedArchive.self) { try TokenShard.decode(shard, in: -1..<1) }

        // A damaged first chunk does not matter to the second.
        var damaged = shard
        damaged[try Archive(shard).chunks[0].offset] ^= 0xFF
        #expect(throws: MalformedArchive.self) { try TokenShard.decode(damaged) }
        #expect(
            try TokenShard.decode(damaged, in: Self.chunk..<Self.chunk + 9)
                == Array(tokens[Self.chunk..<Self.chunk + 9])
        )
    }

    @Test func `the largest id of a vocabulary fits, the next does not`() throws {
        for vocabulary in [40, 65_536, 65_537, 1_000_000] {
            let last = UInt32(vocabulary - 1)
            #expect(try TokenShard.decode(TokenShard.encode([last], vocabulary: vocabulary)) == [last])
            #expect(throws: MalformedArchive.self) { try TokenShard.encode([last + 1], vocabulary: vocabulary) }
        }
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

extension Double {
    /// A lower bound of the logarithm to base 2 of a number that is at least 1.
    fileprivate var logarithmFromBelow: Double { Double(exponent) + significand - 1 }
}
