import TestSupport
import Testing
import WorkUnits

@Suite struct WorkUnitArchiveTests {
    private let tokens = (0..<100).map { UInt32($0 * 7 % 40) }

    @Test func `a unit gives back its manifest and tokens`() throws {
        let shard = try TokenShard.encode(tokens, vocabulary: 40)
        let unit = WorkUnit.example(shard: shard, tokenCount: 100)
        let decoded = try WorkUnitArchive.decode(WorkUnitArchive.encode(unit, shard: shard))
        #expect(decoded.unit == unit)
        #expect(decoded.tokens == tokens)
    }

    @Test func `a unit's chunks are the shard's, untouched`() throws {
        let shard = try TokenShard.encode(tokens, vocabulary: 40)
        let unit = try WorkUnitArchive.encode(.example(shard: shard, tokenCount: 100), shard: shard)
        let (of, from) = (try Archive(unit), try Archive(shard))
        #expect(of.chunks.map(\.stored) == from.chunks.map(\.stored))
        #expect(unit.suffix(of.chunks[0].stored) == shard.suffix(from.chunks[0].stored))
    }

    @Test func `a shard with another digest than the unit's is refused`() throws {
        let shard = try TokenShard.encode(tokens, vocabulary: 40)
        let other = try TokenShard.encode(tokens.reversed(), vocabulary: 40)
        #expect(throws: MalformedArchive.self) {
            try WorkUnitArchive.encode(.example(shard: shard, tokenCount: 100), shard: other)
        }
    }

    @Test func `a unit with a number that cannot be is refused`() throws {
        let shard = try TokenShard.encode(tokens, vocabulary: 40)
        let fields: [WritableKeyPath<WorkUnit, Int>] = [
            \.format, \.index, \.base.version, \.base.bytes, \.firstToken, \.tokenCount, \.model.vocabulary,
            \.model.heads,
            \.model.context, \.training.steps, \.training.batchSize, \.training.sequenceLength,
        ]
        for field in fields {
            var unit = WorkUnit.example(shard: shard, tokenCount: 100)
            unit[keyPath: field] = -1
            #expect(throws: MalformedArchive.self, "\(field)") { try WorkUnitArchive.encode(unit, shard: shard) }
        }
    }

    @Test func `a shard of a larger vocabulary than the model's is refused`() throws {
        let shard = try TokenShard.encode(tokens, vocabulary: 41)
        #expect(
            throws: MalformedArchive(
                "a shard of 100 tokens below 41 does not fit a unit of 100 below 40 from token 0 on")
        ) {
            try WorkUnitArchive.encode(.example(shard: shard, tokenCount: 100), shard: shard)
        }
    }

    @Test func `a unit of a part of a shard has that part`() throws {
        let shard = try TokenShard.encode(tokens, vocabulary: 40)
        var unit = WorkUnit.example(shard: shard, tokenCount: 33)
        unit.firstToken = 67
        #expect(try WorkUnitArchive.decode(WorkUnitArchive.encode(unit, shard: shard)).tokens == tokens.suffix(33))
        for first in [68, 100, Int.max] {
            unit.firstToken = first
            #expect(throws: MalformedArchive.self) { try WorkUnitArchive.encode(unit, shard: shard) }
        }
    }

    @Test func `too few tokens for one sequence are refused`() throws {
        let shard = try TokenShard.encode([1, 2, 3, 4, 5, 6, 7, 8], vocabulary: 40)
        #expect(throws: MalformedArchive.self) {
            try WorkUnitArchive.encode(.example(shard: shard, tokenCount: 8), shard: shard)
        }
    }
}
