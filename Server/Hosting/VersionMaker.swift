import Aggregation
import Checkpoints
import Coordination
import Datasets
import Federation
import LanguageModel
import Tokenization
import Training
import WorkUnits

/// Makes checkpoint versions: writes the weights, measures them on held-out text, signs the manifest.
struct VersionMaker {
    var description: ProjectDescription
    var tokenizer: Tokenizer
    var dataset: DatasetManifest
    var sequenceLength: Int
    var key: SigningKey
    var blobs: any BlobStore

    /// Version 0: drawn from the project's seed.
    func initialVersion() throws -> Signed<CheckpointManifest> {
        let weights = try write(version: 0) { writer in
            try writer.append(initial: InitialWeights(model: description.model, seed: description.initialSeed))
        }
        return try publish(weights, height: 0, previous: nil, contributions: [])
    }

    /// The version that a merge asks for.
    func merged(_ merge: Merge) throws -> Signed<CheckpointManifest> {
        let previous = try WeightsFile(blobs.required(merge.previous.weights))
        let contributions = try merge.contributions.map { contribution in
            MergeInput(
                update: try UpdateArchive(
                    blobs.required(contribution.update), maximumParameters: previous.layout.count),
                weight: contribution.weight(previousVersion: merge.previous.version))
        }
        let weights = try write(version: merge.version) { writer in
            try Aggregator.merge(
                previous: previous, contributions: contributions, strategy: description.strategy, into: &writer)
        }
        return try publish(
            weights, height: merge.height, previous: merge.previous, contributions: merge.contributions)
    }

    private func write(version: Int, _ content: (inout WeightsWriter) throws -> Void) throws -> CheckpointReference {
        let path = try blobs.temporaryPath()
        var writer = try WeightsWriter(path: path, model: description.model)
        try content(&writer)
        let file = try writer.finish()
        try blobs.store(fileAt: path, as: file.digest)
        return CheckpointReference(version: version, weights: file.digest, bytes: file.bytes)
    }

    private func publish(
        _ weights: CheckpointReference, height: Int, previous: CheckpointReference?, contributions: [Contribution]
    ) throws -> Signed<CheckpointManifest> {
        let manifest = CheckpointManifest(
            project: description.project, version: weights.version, height: height, weights: weights,
            previous: previous, model: description.model, strategy: description.strategy,
            tokenizer: description.tokenizer, dataset: description.dataset, contributions: contributions,
            metrics: try measure(weights))
        return try Signed(manifest, by: key, context: CheckpointManifest.signingContext)
    }

    /// One thread: the volunteers may run on the same machine.
    private func measure(_ weights: CheckpointReference) throws -> Metrics {
        try Evaluation.measure(
            model: description.model, weights: WeightsFile(blobs.required(weights.weights)).all(),
            tokens: TokenShard.decode(blobs.required(dataset.validation.digest)), sequenceLength: sequenceLength,
            threads: 1, byteCount: { tokenizer.byteCount(of: $0) })
    }
}
