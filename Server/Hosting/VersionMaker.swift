import Aggregation
import Checkpoints
import Coordination
import Datasets
import Federation
import Foundation
import Tokenization
import Training
import Verification
import WorkUnits

/// Makes checkpoint versions: writes the weights, measures them on held-out text, signs the manifest.
struct VersionMaker: Sendable {
    var description: ProjectDescription
    var tokenizer: Tokenizer
    var dataset: DatasetManifest
    var sequenceLength: Int
    var key: SigningKey
    var blobs: any BlobStore
    /// What is known of an update since it was judged.
    var prepared: @Sendable (Digest) -> PreparedUpdate? = { _ in nil }
    /// Called with a line about each merge.
    var report: @Sendable (String) -> Void = { _ in }

    func initialVersion() throws -> Signed<CheckpointManifest> {
        let path = try blobs.temporaryPath()
        let weights = try store(weights.writeInitial(to: path), at: path, version: 0)
        return try publish(weights, step: nil, state: nil, height: 0, previous: nil, contributions: [])
    }

    /// The version that a merge asks for, on all processors.
    ///
    /// - Parameter state: what the version carries that the merge begins at.
    func merged(_ merge: Merge, state: OuterState?) throws -> Signed<CheckpointManifest> {
        let path = try blobs.temporaryPath()
        let written = try weights.write(
            merge, state: state, threads: ProcessInfo.processInfo.activeProcessorCount, to: path)
        if let step = written.step {
            try blobs.store(fileAt: VersionWeights.stepPath(beside: path), as: step.digest)
        }
        for part in OuterState.Part.allCases {
            guard let blob = written.state?[part] else { continue }
            try blobs.store(fileAt: VersionWeights.path(of: part, beside: path), as: blob.digest)
        }
        let weights = try store(written.weights, at: path, version: merge.version)
        let step = written.step.map { ", a step of \($0.bytes) bytes for weights of \(weights.bytes)" } ?? ""
        report("version \(merge.version): \(written.report)\(step)")
        return try publish(
            weights, step: written.step, state: written.state, height: merge.height, previous: merge.previous,
            contributions: merge.contributions)
    }

    private var weights: VersionWeights {
        VersionWeights(of: description, prepared: prepared) { [blobs] in try blobs.required($0) }
    }

    private func store(
        _ written: WeightsWriter.Finished, at path: String, version: Int
    ) throws -> CheckpointReference {
        try blobs.store(fileAt: path, as: written.digest)
        return CheckpointReference(version: version, weights: written.digest, bytes: written.bytes)
    }

    private func publish(
        _ weights: CheckpointReference, step: BlobReference?, state: OuterState?, height: Int,
        previous: CheckpointReference?, contributions: [Contribution]
    ) throws -> Signed<CheckpointManifest> {
        let manifest = CheckpointManifest(
            project: description.project, version: weights.version, height: height, weights: weights,
            state: state, step: step, previous: previous, model: description.model, strategy: description.strategy,
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
