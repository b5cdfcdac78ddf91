import Checkpoints
import Coordination
import Datasets
import Federation
import Recipes
import Verification
import WorkUnits

/// The numbers behind the rules: builds units, judges updates and makes versions for the coordinator.
public struct Workshop: RunServices {
    private let project: HostedProject
    private let blobs: any BlobStore
    private let versions: VersionMaker
    private let prepared = PreparedUpdates()
    private let judging = Workbench("judging")
    private let merging = Workbench("merging")

    /// - Parameter report: called with a line about each merge.
    public init(
        _ project: HostedProject, key: SigningKey, blobs: any BlobStore,
        report: @escaping @Sendable (String) -> Void = { _ in }
    ) throws {
        let description = try project.description.unverified()
        self.project = project
        self.blobs = blobs
        versions = VersionMaker(
            description: description, tokenizer: project.tokenizer, dataset: project.dataset,
            sequenceLength: project.recipe.unit.sequenceLength, key: key, blobs: blobs,
            prepared: { [prepared] in prepared[$0] }, report: report)
    }

    public func archive(of issued: IssuedUnit) async throws -> BlobReference {
        let recipe = project.recipe
        let (place, firstStep) = issued.steps.lowerBound.quotientAndRemainder(dividingBy: recipe.unit.steps)
        let shard = project.dataset.shard(at: place)
        let unit = WorkUnit(
            project: versions.description.project, index: issued.index, base: issued.base,
            model: versions.description.model,
            training: recipe.trainingSettings(
                steps: issued.steps.count, firstStep: issued.base.version * recipe.unit.steps,
                seed: versions.description.initialSeed &+ UInt64(issued.index)),
            shard: shard.digest, firstToken: firstStep * recipe.tokensPerStep,
            tokenCount: issued.steps.count * recipe.tokensPerStep + 1,
            updateCodec: recipe.federation.updateCodec, errorFeedback: recipe.federation.errorFeedback)
        let archive = try WorkUnitArchive.encode(unit, shard: blobs.content(of: shard.digest))
        return BlobReference(digest: try blobs.store(archive), bytes: archive.count)
    }

    public func judge(
        _ update: any RandomAccessBytes, unit: Digest, base: CheckpointReference
    ) async throws -> Verdict {
        try await judging.run { [blobs, prepared] in
            let judge = UpdateJudge(unit: try WorkUnitArchive.decode(blobs.required(unit)).unit, unitDigest: unit)
            var preparation = Optional(UpdatePreparation(judge.unit, path: try? blobs.temporaryPath()))
            defer { preparation?.discard() }
            let verdict = try judge.judge(update, base: WeightsFile(blobs.required(base.weights))) {
                preparation?.add($0)
            }
            if verdict == .accepted {
                let digest = try Digest(reading: update)
                if let finished = preparation.take()?.finish() { prepared.keep(finished, as: digest) }
            }
            return verdict
        }
    }

    public func merge(_ merge: Merge, state: OuterState?) async throws -> Signed<CheckpointManifest> {
        try await merging.run { [versions, prepared] in
            let manifest = try versions.merged(merge, state: state)
            prepared.remove(merge.contributions.map(\.update))
            return manifest
        }
    }
}
