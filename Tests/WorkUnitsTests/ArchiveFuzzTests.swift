import TestSupport
import Testing
import WorkUnits

/// Damaged archives are refused, or read as what their bytes still say: never a crash, never other numbers.
///
/// What the decoders throw is `MalformedArchive` by their type, so `try?` hides nothing else.
@Suite struct ArchiveFuzzTests {
    private let shard: [UInt8]
    private let unit: [UInt8]
    private let updates: [[UInt8]]
    private let tokens: [UInt32]
    /// What is read from each of `updates`.
    private let differences: [[Float]]

    init() throws {
        var random = SplitMix64(seed: 1)
        tokens = (0..<200).map { _ in UInt32.random(in: 0..<40, using: &random) }
        let difference = random.floats(150, scale: 1e-3).map { Float(bitPattern: $0.bitPattern & 0xFFFF_0000) }
        shard = try TokenShard.encode(tokens, vocabulary: 40)
        unit = try WorkUnitArchive.encode(.example(shard: shard, tokenCount: 200), shard: shard)
        updates = try UpdateCodec.allCases.map { codec in
            try UpdateArchive.encode(.example(parameterCount: 150, codec: codec), difference: difference)
        }
        differences = try updates.map { try UpdateArchive($0, maximumParameters: 150).values(ofChunk: 0) }
    }

    @Test func `an archive truncated at any length is refused`() {
        for archive in [shard, unit] + updates {
            for length in archive.indices {
                let bytes = Array(archive[..<length])
                #expect((try? TokenShard.decode(bytes)) == nil)
                #expect((try? WorkUnitArchive.decode(bytes)) == nil)
                #expect((try? UpdateArchive(bytes, maximumParameters: 1000)) == nil)
            }
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `a damaged shard is refused or has the same tokens`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for distribution in TokenDistribution.allCases {
            let tokens = distribution.tokens(500, below: 40_000, using: &random)
            let shard = try TokenShard.encode(tokens, vocabulary: 40_000)
            for _ in 0..<300 {
                guard let decoded = try? TokenShard.decode(shard.mutated(using: &random)) else { continue }
                #expect(decoded == tokens, "seed \(seed)")
            }
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `a damaged chunk with its own checksum is refused or has tokens of the vocabulary`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for distribution in TokenDistribution.allCases {
            let tokens = distribution.tokens(500, below: 40_000, using: &random)
            let shard = try TokenShard.encode(tokens, vocabulary: 40_000)
            let content = Array(shard[try Archive(shard).chunks[0].offset...].dropLast(4))
            for _ in 0..<500 {
                let damaged = content.mutated(using: &random)
                let stored = damaged + ForeignArchive.Chunk.checksum(damaged)
                let archive = ForeignArchive(
                    manifest: #"{"format":2,"tokenCount":500,"vocabulary":40000}"#,
                    chunks: [.init(stored: stored, raw: 2000)])
                guard let decoded = try? TokenShard.decode(archive.bytes) else { continue }
                #expect(decoded.count == 500 && decoded.allSatisfy { $0 < 40_000 }, "seed \(seed)")
            }
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `a damaged unit is refused or says what its manifest says`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<1000 {
            let bytes = unit.mutated(using: &random)
            guard let decoded = try? WorkUnitArchive.decode(bytes) else { continue }
            #expect(decoded.tokens == tokens, "seed \(seed)")
            #expect(try Archive(bytes).manifest == CanonicalJSON.encode(decoded.unit), "seed \(seed)")
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `a damaged update is refused or has the same numbers`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<1000 {
            for (archive, difference) in zip(updates, differences) {
                let bytes = archive.mutated(using: &random)
                guard let update = try? UpdateArchive(bytes, maximumParameters: 150),
                    let values = try? update.values(ofChunk: 0)
                else { continue }
                #expect(values == difference, "seed \(seed)")
                #expect(try Archive(bytes).manifest == CanonicalJSON.encode(update.manifest), "seed \(seed)")
            }
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `random bytes with a valid frame around them are refused or read`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<500 {
            let tokens = (0..<Int.random(in: 1...64, using: &random)).map { _ in
                Int.random(in: 0..<50_000, using: &random)
            }
            var chunk = ForeignTokenChunk(tokens)
            let valid = chunk.streams
            // Other bits of the same number, which is a multiple of eight now and then.
            chunk.streams = valid.map { String($0.map { _ in Bool.random(using: &random) ? "1" : "0" }) }
            for (streams, expected) in [(valid, tokens), (chunk.streams, nil)] {
                chunk.streams = streams
                let archive = ForeignArchive(
                    manifest: #"{"format":2,"tokenCount":\#(tokens.count),"vocabulary":40000}"#, chunks: [chunk.chunk])
                let decoded = try? TokenShard.decode(archive.bytes)
                let fits = tokens.allSatisfy { $0 < 40_000 }
                if let expected { #expect(decoded == (fits ? expected.map { UInt32($0) } : nil), "seed \(seed)") }
                #expect(decoded?.allSatisfy { tokens.contains(Int($0)) && $0 < 40_000 } != false, "seed \(seed)")
            }
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `a chunk of random bytes is refused or has tokens of the vocabulary`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<2000 {
            let content = [0, 0] + random.bytes(Int.random(in: 1...100, using: &random))
            let chunk = ForeignArchive.Chunk(
                stored: content + ForeignArchive.Chunk.checksum(content), raw: 400)
            let archive = ForeignArchive(
                manifest: #"{"format":2,"tokenCount":100,"vocabulary":40000}"#, chunks: [chunk])
            if let decoded = try? TokenShard.decode(archive.bytes) {
                #expect(decoded.count == 100 && decoded.allSatisfy { $0 < 40_000 }, "seed \(seed)")
            }
        }
    }
}
