import Aggregation
import Checkpoints
import Coordination
import Datasets
import Federation
import LanguageModel
import Recipes
import Verification
import WorkUnits

/// The numbers behind the rules: builds units, judges updates and makes versions for the coordinator.
public struct Workshop: RunServices {
    private let project: HostedProject
    private let blobs: any BlobStore
    private let versions: VersionMaker
    private let layout: ParameterLayout
    private let prepared: PreparedUpdates
    /// Whether judged updates are kept in memory for their merge, not in files.
    private let keepsInMemory: Bool
    private let memory = WorkshopMemory()
    private let checks: SubmissionChecks
    /// Whether suspicious answers are audited.
    private let audits: Bool
    private let judging = Workbench("judging")
    private let merging = Workbench("merging")
    private let replaying = Workbench("replaying")

    /// - Parameters:
    ///   - keepsInMemory: whether judged updates are kept there for their merge; where they are small, if nil.
    ///   - report: called with a line about each merge and each suspicion.
    public init(
        _ project: HostedProject, key: SigningKey, blobs: any BlobStore, keepsInMemory: Bool? = nil,
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) throws {
        let description = try project.description.unverified()
        layout = ParameterLayout(description.model)
        self.keepsInMemory = keepsInMemory ?? UpdatePreparation.isSmall(layout)
        prepared = PreparedUpdates(
            maximumBytes: self.keepsInMemory ? PreparedUpdates.maximumBytesInMemory : PreparedUpdates.maximumBytes)
        self.project = project
        self.blobs = blobs
        checks = SubmissionChecks(project, key: key)
        audits = project.recipe.federation.audit.rule.share > 0
        versions = VersionMaker(
            description: description, tokenizer: project.tokenizer, dataset: project.dataset,
            sequenceLength: project.recipe.unit.sequenceLength, key: key, blobs: blobs,
            prepared: { [prepared] in prepared[$0] }, report: report)
    }

    public func archive(of issued: IssuedUnit) async throws -> BlobReference {
        let recipe = project.recipe
        let (place, firstStep) = issued.steps.lowerBound.quotientAndRemainder(dividingBy: recipe.unit.steps)
        let shard = memory.shard(at: place, in: project.dataset)
        let unit = WorkUnit(
            project: versions.description.project, index: issued.index, base: issued.base,
            model: versions.description.model,
            training: recipe.trainingSettings(
                steps: issued.steps.count, firstStep: issued.base.version * recipe.unit.steps,
                seed: versions.description.initialSeed &+ UInt64(issued.index)),
            shard: shard.digest, firstToken: firstStep * recipe.tokensPerStep,
            tokenCount: issued.steps.count * recipe.tokensPerStep + 1,
            updateCodec: recipe.federation.updateCodec, errorFeedback: recipe.federation.errorFeedback)
        let archive = try WorkUnitArchive.encode(
            unit, shard: memory.shard(shard.digest) { try blobs.content(of: shard.digest) })
        let digest = try blobs.hold(archive)
        memory.remember(unit, as: digest)
        return BlobReference(digest: digest, bytes: archive.count)
    }

    public func judge(
        _ update: any RandomAccessBytes, of unit: Digest, base: CheckpointReference, trace: TrainingTrace,
        others: [SoundAnswer]
    ) async throws -> Judgement {
        try await judging.run { [self] in
            let issued = try memory.unit(unit) { try WorkUnitArchive.decode(blobs.required(unit)).unit }
            let weights = try memory.weights(base.weights) { try WeightsFile(blobs.required(base.weights)) }
            var preparation = Optional(UpdatePreparation(in: layout, codec: issued.updateCodec, path: preparedPath))
            defer { preparation?.discard() }
            var sketching = checks.sketching(issued)
            var judgement = try UpdateJudge(unit: issued, unitDigest: unit).judge(update, base: weights, trace: trace) {
                preparation?.add($0.payload, $0.differences, at: $0.first)
                sketching?.add($0.differences, at: $0.first)
            }
            if judgement.verdict == .accepted, let content = judgement.content, let sketch = sketching?.finish() {
                let sound = SubmissionChecks.Update(
                    archive: try UpdateArchive(update, maximumParameters: weights.layout.count), content: content,
                    unit: issued, name: unit, base: weights, sketch: sketch)
                judgement = try check(sound, judgement)
            }
            if judgement.verdict == .accepted {
                if let same = try others.first(where: { try isNear(update, $0) }) { judgement.content = same.content }
                let digest = try Digest(reading: update)
                if let finished = preparation.take()?.finish() { prepared.keep(finished, as: digest) }
            }
            return judgement
        }
    }

    /// What is suspicious is audited; where nothing can be, it counts unless it is gross.
    private func check(_ update: SubmissionChecks.Update, _ judgement: Judgement) throws -> Judgement {
        let finding = try checks.finding(
            on: update, tokens: { try WorkUnitArchive.decode(blobs.required(update.name)).tokens },
            shard: { digest in try memory.shard(digest) { try blobs.content(of: digest) } })
        guard let finding else { return judgement }
        versions.report("the answer to unit \(update.unit.index) is suspicious: \(finding.suspicion)")
        guard audits || !finding.isGross else {
            return Judgement(.rejected(reason: "\(finding.suspicion), which training does not give"))
        }
        var suspicious = judgement
        suspicious.suspicion = finding.suspicion
        return suspicious
    }

    /// Whether an answer says the same as another.
    private func isNear(_ update: any RandomAccessBytes, _ other: SoundAnswer) throws -> Bool {
        guard let tolerance = versions.description.tolerance else { return false }
        let theirs = try UpdateArchive(blobs.required(other.update), maximumParameters: layout.count)
        return try UpdateArchive(update, maximumParameters: layout.count).distance(from: theirs) <= tolerance
    }

    /// On one thread: volunteers may be on the same machine, and requests go first.
    public func replay(_ replay: Replay) async throws -> Replayed {
        let unit = try await archive(of: replay.issue).digest
        return try await replaying.run { [self] in
            let training = try UnitReplay(
                blobs.required(unit), base: WeightsFile(blobs.required(replay.issue.base.weights)), threads: 1)
            try training.run(to: replay.steps)
            guard replay.steps == replay.issue.steps.count else { return Replayed(trace: training.trace, content: nil) }
            if let claimed = replay.claimed, try isNear(training.update(), claimed) {
                return Replayed(trace: training.trace, content: claimed.content)
            }
            return Replayed(trace: training.trace, content: try training.content())
        }
    }

    /// One at a time, where merges are made: one that is due waits for a single update, and none is prepared after its merge.
    public func prepare(_ contributions: [Contribution]) async {
        prepared.expect(contributions.map(\.update))
        for contribution in contributions where !Task.isCancelled {
            try? await merging.run { [self] in
                if prepared.isExpected(contribution.update) { try prepare(contribution) }
            }
        }
    }

    private func prepare(_ contribution: Contribution) throws {
        let update = try UpdateArchive(blobs.required(contribution.update), maximumParameters: layout.count)
        prepared.keep(try PreparedUpdate(update, in: layout, path: preparedPath), as: contribution.update)
    }

    /// Where the next inflated update goes; nil where they stay in memory, and where there is no folder for it.
    private var preparedPath: String? { keepsInMemory ? nil : try? blobs.temporaryPath() }

    public func merge(_ merge: Merge, state: OuterState?) async throws -> Signed<CheckpointManifest> {
        try await merging.run { [versions, prepared, memory] in
            let manifest = try versions.merged(merge, state: state)
            prepared.remove(merge.contributions.map(\.update))
            memory.closeWeights()
            return manifest
        }
    }
}
