import Checkpoints
import Foundation
import LanguageModel
import TestSupport
import Testing
import Verification
import WorkUnits

struct UpdateJudgeTests {
    private let count = ParameterLayout(.tiny).count
    private var unit: WorkUnit
    private let unitDigest: Digest

    init() throws {
        let shard = try TokenShard.encode((0..<97).map { UInt32($0 % 40) }, vocabulary: 40)
        unit = WorkUnit.example(shard: shard, tokenCount: 97)
        unitDigest = Digest(of: try WorkUnitArchive.encode(unit, shard: shard))
    }

    private func manifest() -> UpdateManifest {
        UpdateManifest(
            unit: unitDigest, base: unit.base.weights, parameterCount: count, codec: .float32,
            tokens: unit.training.tokens, losses: [3, 2, 1], trace: .zero)
    }

    private func verdict(
        _ manifest: UpdateManifest, _ difference: [Float]? = nil, damage: (inout [UInt8]) -> Void = { _ in },
        take: (UpdateJudge.Chunk) -> Void = { _ in }
    ) throws -> Verdict {
        try TemporaryFolder.with { folder in
            let path = folder.appending(path: "base.safetensors").path
            let writer = try WeightsWriter(path: path, model: .tiny)
            try writer.append(InitialWeights(model: .tiny, seed: 1).values(0..<count))
            _ = try writer.finish()
            var update = try UpdateArchive.encode(
                manifest, difference: difference ?? Array(repeating: 1e-4, count: manifest.parameterCount))
            damage(&update)
            return try UpdateJudge(unit: unit, unitDigest: unitDigest)
                .judge(update, base: WeightsFile(FileBytes(path: path)), take: take).verdict
        }
    }

    private func reason(_ verdict: Verdict) -> String {
        guard case .rejected(let reason) = verdict else { return "" }
        return reason
    }

    @Test func `an update that training could have given is accepted`() throws {
        #expect(try verdict(manifest()) == .accepted)
    }

    @Test func `chunks are handed on once they were found sound`() throws {
        var random = SplitMix64(seed: 2)
        var difference = random.floats(count, scale: 1e-4)
        var chunks: [UpdateJudge.Chunk] = []
        #expect(try verdict(manifest(), difference, take: { chunks.append($0) }) == .accepted)
        #expect(chunks.map(\.first) == [0])
        #expect(chunks.map(\.differences) == [difference])
        #expect(try UpdateCodec.float32.decode(chunks[0].payload, count: count) == difference)
        chunks = []
        difference[count - 1] = .nan
        #expect(try verdict(manifest(), difference, take: { chunks.append($0) }) != .accepted)
        #expect(chunks.isEmpty)
    }

    @Test func `an update for another unit, base, shape or codec is rejected with the reason`() throws {
        var other = manifest()
        other.unit = Digest(of: "another".utf8)
        #expect(reason(try verdict(other)).contains("answers unit"))
        other = manifest()
        other.base = Digest(of: "another".utf8)
        #expect(reason(try verdict(other)).contains("trained from"))
        other = manifest()
        other.parameterCount -= 1
        #expect(reason(try verdict(other)).contains("parameters"))
        other = manifest()
        other.codec = .bfloat16
        #expect(reason(try verdict(other)).contains("bfloat16"))
        other = manifest()
        other.feedback = FeedbackDigests(before: .zero, after: .zero)
        #expect(reason(try verdict(other)).contains("which the unit does not ask for"))
        other = manifest()
        other.tokens += 1
        #expect(reason(try verdict(other)).contains("tokens"))
        other = manifest()
        other.losses.removeLast()
        #expect(reason(try verdict(other)).contains("losses"))
    }

    @Test func `a unit with error feedback takes updates that say what was held back, and no others`() throws {
        var asking = self
        asking.unit.errorFeedback = true
        #expect(asking.reason(try asking.verdict(manifest())).contains("does not say what its host held back"))
        var other = manifest()
        other.feedback = FeedbackDigests(before: .zero, after: .zero)
        #expect(try asking.verdict(other) == .accepted)
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func `a value that is not finite is rejected and named`(value: Float) throws {
        var difference = [Float](repeating: 0, count: count)
        difference[5] = value
        #expect(reason(try verdict(manifest(), difference)).contains("wte.weight[5]"))
    }

    @Test func `an update a thousand times too large is rejected`() throws {
        let honest: [Float] = Array(repeating: 1e-3, count: count)
        #expect(try verdict(manifest(), honest) == .accepted)
        #expect(reason(try verdict(manifest(), honest.map { $0 * 1000 })).contains("further than"))
    }

    @Test func `a damaged archive is rejected, not trusted`() throws {
        let truncated = try verdict(manifest()) { $0.removeLast(9) }
        #expect(reason(truncated).contains("malformed archive"))
        let flipped = try verdict(manifest()) { $0[$0.count - 20] ^= 0xFF }
        #expect(flipped != .accepted)
    }
}
