import Checkpoints
import Coordination
import Datasets
import LanguageModel
import Recipes
import Synchronization
import Verification
import WorkUnits

/// What is looked at on every submission beside the update by itself: how it compares with recent ones, and what it does to the
/// loss.
///
/// After a restart nothing is usual yet. What was found is in the journal, so a recovered run audits what it would have.
final class SubmissionChecks: Sendable {
    private struct State {
        var cohort = Cohort()
        /// Other text for the last versions, newest last.
        var elsewhere: [Elsewhere] = []
    }

    /// Passages that the updates of a version are tried on, and how well the version itself does.
    private struct Elsewhere {
        let base: Digest
        let test: LossTest
        let passages: [LossTest.Passage]
        let loss: Double
    }

    /// An update that was found sound.
    struct Update {
        let archive: UpdateArchive
        let content: Digest
        let unit: WorkUnit
        /// Digest of the unit's archive.
        let name: Digest
        let base: WeightsFile
        let sketch: UpdateSketch
    }

    private let rule: Recipe.Federation.Checks
    private let dataset: DatasetManifest
    /// What no host knows, and so cannot prepare for.
    private let secret: Digest
    private let state = Mutex(State())

    /// Versions whose other text is remembered.
    private static let mostElsewhere = 8

    init(_ project: HostedProject, key: SigningKey) {
        rule = project.recipe.federation.checks
        dataset = project.dataset
        secret = Digest(of: Array("submission checks".utf8) + key.seed)
    }

    /// Nil where updates are not compared.
    func sketching(_ unit: WorkUnit) -> UpdateSketching? {
        guard rule.cohort else { return nil }
        return UpdateSketching(parameters: ParameterLayout(unit.model).count, seed: seed("places", .zero))
    }

    /// Compares an update and takes it in. One at a time.
    ///
    /// - Parameters:
    ///   - tokens: of the unit.
    ///   - shard: an archive of the dataset.
    func finding(
        on update: Update, tokens: () throws -> [UInt32], shard: (Digest) throws -> [UInt8]
    ) throws -> Finding? {
        let change = try lossChange(update, tokens: tokens, shard: shard)
        let member = Cohort.Member(update.unit, named: update.name, sketch: update.sketch, change: change)
        return state.withLock { $0.cohort.take(member) }
    }

    private func lossChange(
        _ update: Update, tokens: () throws -> [UInt32], shard: (Digest) throws -> [UInt8]
    ) throws -> LossChange? {
        guard let test = LossTest(update.unit.training, share: rule.lossTestShare) else { return nil }
        let meter = LossMeter(test, model: update.unit.model)
        try meter.load { try update.base.values($0) }
        let elsewhere = try elsewhere(test, base: update.unit.base.weights, meter, shard: shard)
        let own = try test.passages(
            of: tokens(), random: CounterRandom(seed: seed("own text", update.content), stream: 0))
        let ownBefore = meter.loss(on: own)
        try meter.add { try update.archive.values(ofChunk: $0.lowerBound / UpdateArchive.chunkValues) }
        return LossChange(
            own: meter.loss(on: own) - ownBefore, other: meter.loss(on: elsewhere.passages) - elsewhere.loss)
    }

    /// - Parameter meter: holds the base.
    private func elsewhere(
        _ test: LossTest, base: Digest, _ meter: LossMeter, shard: (Digest) throws -> [UInt8]
    ) throws -> Elsewhere {
        let known = state.withLock { $0.elsewhere.first { $0.base == base && $0.test == test } }
        if let known { return known }
        let random = CounterRandom(seed: seed("other text", base), stream: 0)
        let passages = try (0..<test.count).map { index in
            let chosen = dataset.shards[random.below(dataset.shards.count, UInt64(2 * index))]
            let start = random.below(max(chosen.tokens - test.length, 1), UInt64(2 * index + 1))
            return LossTest.Passage(
                try TokenShard.decode(shard(chosen.digest), in: start..<start + test.length + 1))
        }
        let made = Elsewhere(base: base, test: test, passages: passages, loss: meter.loss(on: passages))
        state.withLock { state in
            if state.elsewhere.count == Self.mostElsewhere { state.elsewhere.removeFirst() }
            state.elsewhere.append(made)
        }
        return made
    }

    private func seed(_ use: String, _ subject: Digest) -> UInt64 {
        Digest(of: secret.bytes + Array(use.utf8) + subject.bytes).leadingBits
    }
}
