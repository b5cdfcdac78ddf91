import Checkpoints
import LanguageModel
import WorkUnits

/// A merge that is made again, without the contributions that were struck from it.
public struct RepeatedMerge: Sendable {
    /// The version that it was made from.
    public var previous: CheckpointReference
    public var contributions: [Contribution]

    public init(previous: CheckpointReference, contributions: [Contribution]) {
        self.previous = previous
        self.contributions = contributions
    }
}

/// Makes merges again, one from the other: what a version would be, had some contributions not been there.
///
/// Each is as exact as the merge itself, and none is published, so none is rounded to a step. Its files stand beside those of
/// the version that is being made, and go with the chain.
final class MergeChain {
    private let weights: VersionWeights
    private let path: String
    private let threads: Int
    private var files: [String] = []

    init(weights: VersionWeights, path: String, threads: Int) {
        self.weights = weights
        self.path = path
        self.threads = threads
    }

    deinit {
        for file in files { try? DurableFile.remove(file) }
    }

    /// - Parameter version: what the last of the merges stands for.
    func `repeat`(_ merges: [RepeatedMerge], from base: PreviousVersion, until version: Int) throws -> PreviousVersion {
        precondition(base.version + merges.count == version, "the merges lead to version \(version)")
        return try merges.reduce(base) { try advance($0, $1) }
    }

    private func advance(_ base: PreviousVersion, _ merge: RepeatedMerge) throws -> PreviousVersion {
        let stem = "\(path).again-\(base.version + 1)"
        let model = weights.project.model
        func writer(_ path: String) throws -> WeightsWriter {
            files.append(path)
            return try WeightsWriter(path: path, model: model, isScratch: true)
        }
        let merged = try writer(stem)
        var state: [OuterState.Part: WeightsWriter] = [:]
        for part in weights.project.strategy.stateParts where part != .norms {
            state[part] = try writer(VersionWeights.path(of: part, beside: stem))
        }
        let (_, norms) = try weights.merge(
            merge.contributions, after: base, threads: threads, into: NextVersion(weights: merged, state: state))
        _ = try merged.finish()
        for writer in state.values { _ = try writer.finish() }
        return PreviousVersion(
            version: base.version + 1, weights: try WeightsFile(FileBytes(path: stem)),
            state: try Dictionary(
                uniqueKeysWithValues: state.keys.map {
                    ($0, try WeightsFile(FileBytes(path: VersionWeights.path(of: $0, beside: stem))))
                }),
            norms: norms)
    }
}

extension VersionWeights {
    /// The next version is the one before, with all that its outer optimizer carries.
    func keep(_ base: PreviousVersion, into next: NextVersion) throws -> (report: MergeReport, norms: NormHistory?) {
        for range in UpdateArchive.ranges(of: base.weights.layout.count) {
            let weights = try base.weights.values(range)
            try next.weights.append(weights)
            for (part, writer) in next.state {
                let start = part == .average ? weights : [Float](repeating: 0, count: range.count)
                try writer.append(base.state[part]?.values(range) ?? start)
            }
        }
        let report = MergeReport(
            pseudoGradientNorm: 0, stepNorm: 0, realizedGain: nil, momentumCosine: nil, shares: [], clippedTensors: 0,
            mostValuesHeld: 0)
        let clips = project.strategy.robustness.clip == .medianNorm
        return (report, base.norms ?? (clips ? NormHistory() : nil))
    }
}
