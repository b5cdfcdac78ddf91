import Aggregation
import Checkpoints
import Coordination
import Datasets
import Federation
import Tokenization
import Training
import WorkUnits

/// Makes checkpoint versions: writes the weights, measures them on held-out text, signs the manifest.
struct VersionMaker: Sendable {
    var description: ProjectDescription
    var tokenizer: Tokenizer
    var dataset: DatasetManifest
    var sequenceLength: Int
    var key: SigningKey
    var blobs: any BlobStore

    func initialVersion() throws -> Signed<CheckpointManifest> {
        try publish(store(version: 0) { try $0.writeInitial(to: $1) }, height: 0, previous: nil, contributions: [])
    }

    /// The version that a merge asks for.
    func merged(_ merge: Merge) throws -> Signed<CheckpointManifest> {
        let weights = try store(version: merge.version) { weights, path in
            try weights.write(after: merge.previous, contributions: merge.contributions, to: path)
        }
        return try publish(
            weights, height: merge.height, previous: merge.previous, contributions: merge.contributions)
    }

    private func store(
        version: Int, _ write: (VersionWeights, String) throws -> WeightsWriter.Finished
    ) throws -> CheckpointReference {
        let path = try blobs.temporaryPath()
        let written = try write(VersionWeights(of: description) { try blobs.required($0) }, path)
        try blobs.store(fileAt: path, as: written.digest)
        return CheckpointReference(version: version, weights: written.digest, bytes: written.bytes)
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
            tokens: TokenShard.decode(blobs.required(dataset.validationShard.digest)), sequenceLength: sequenceLength,
            threads: 1, byteCount: { tokenizer.byteCount(of: $0) })
    }
}
