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
    private let difference: [Float]

    init() throws {
        var random = SplitMix64(seed: 1)
        tokens = (0..<200).map { _ in UInt32.random(in: 0..<40, using: &random) }
        difference = random.floats(150, scale: 1e-3).map { Float(bitPattern: $0.bitPattern & 0xFFFF_0000) }
        shard = try TokenShard.encode(tokens, vocabulary: 40)
        unit = try WorkUnitArchive.encode(.example(shard: shard, tokenCount: 200), shard: shard)
        updates = try [UpdateCodec.float32, .bfloat16].map { [difference] codec in
            try UpdateArchive.encode(.example(parameterCount: 150, codec: codec), difference: difference)
        }
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
    func `a damaged shard is refused or has the same tokens`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<1000 {
            guard let decoded = try? TokenShard.decode(shard.mutated(using: &random)) else { continue }
            #expect(decoded == tokens, "seed \(seed)")
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
            for archive in updates {
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
            let count = Int.random(in: 1...64, using: &random)
            let content = random.bytes(2 * count)
            let archive = ForeignArchive(
                manifest: #"{"format":1,"tokenCount":\#(count),"vocabulary":40000}"#, chunks: [.init(content)])
            let decoded = try? TokenShard.decode(archive.bytes)
            let expected = (0..<count).map { UInt32(content[2 * $0]) | UInt32(content[2 * $0 + 1]) << 8 }
            #expect(decoded == (expected.allSatisfy { $0 < 40_000 } ? expected : nil), "seed \(seed)")
        }
    }
}
