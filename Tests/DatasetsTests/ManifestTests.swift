import Datasets
import TestSupport
import Testing
import WorkUnits

struct ManifestTests {
    private func manifest() throws -> DatasetManifest {
        var example = try Example(["texts": Example.numbers(60)], shardTokens: 64)
        example.plan.sources[0].paths = ["texts"]
        let folder = example.folder
        return try DatasetPreparation(
            example.plan, workFolder: folder.file("work"), threads: 1, resolve: { folder.file($0) }
        ).run(store: Shards().store).manifest
    }

    @Test func `the manifest reads back, and one that contradicts itself is refused`() throws {
        let manifest = try manifest()
        #expect(try DatasetManifest(manifest.encoded()) == manifest)

        let changes: [(inout DatasetManifest) -> Void] = [
            { $0.shards[0].tokens -= 1 }, { $0.shards = [] }, { $0.format = 2 }, { $0.vocabulary = 256 },
            { $0.plan.shardTokens = 0 }, { $0.plan.shardTokens = 1 }, { $0.plan.passageTokens = 0 },
            { $0.plan.passageTokens = .max }, { $0.plan.sequenceLength = .max },
            { $0.plan.validation.maximumTokens = -1 },
            { $0.validationShard.tokens = 8 }, { $0.validationShard.tokens = 1001 }, { $0.sources = [] },
        ]
        for (index, change) in changes.enumerated() {
            var other = manifest
            change(&other)
            #expect(throws: MalformedDocument.self, "change \(index)") { try DatasetManifest(other.encoded()) }
        }
    }

    @Test func `every epoch takes each shard once, and each in another order`() throws {
        let manifest = try manifest()
        let count = manifest.shards.count
        #expect(count > 3)
        let epochs = (0..<3).map { epoch in (0..<count).map { manifest.shard(at: epoch * count + $0) } }
        #expect(epochs[0] == manifest.shards)
        for epoch in epochs { #expect(Set(epoch) == Set(manifest.shards)) }
        #expect(epochs[1] != epochs[0] && epochs[2] != epochs[1])
    }

    @Test func `a damaged manifest is refused or still makes sense`() throws {
        let encoded = try manifest().encoded()
        for seed in 0..<300 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            let damaged = encoded.mutated(using: &random)
            do {
                let manifest = try DatasetManifest(damaged)
                #expect(try manifest.encoded() == damaged)
            } catch is MalformedDocument {}
        }
    }

    @Test func `the manifest names what it was made from by content, not by place`() throws {
        let (one, other) = (try manifest(), try manifest())
        #expect(try one.encoded() == other.encoded())
        #expect(one.sources[0].files == 1)
        #expect(one.sources[0].read.documents == 60)
        #expect(one.sources[0].kept.documents == one.training.documents + one.validation.documents)
    }
}
