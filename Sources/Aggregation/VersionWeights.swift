import Checkpoints
import LanguageModel
import WorkUnits

/// The weights of a version as a pure function of public data: what a coordinator publishes and an audit recomputes.
public struct VersionWeights {
    private let project: ProjectDescription
    private let blob: @Sendable (Digest) throws -> any RandomAccessBytes

    /// - Parameter blob: opens a public blob by its digest.
    public init(of project: ProjectDescription, blob: @escaping @Sendable (Digest) throws -> any RandomAccessBytes) {
        self.project = project
        self.blob = blob
    }

    /// Version 0, drawn from the project's seed.
    public func writeInitial(to path: String) throws -> WeightsWriter.Finished {
        let writer = try WeightsWriter(path: path, model: project.model)
        let initial = InitialWeights(model: project.model, seed: project.initialSeed)
        for start in stride(from: 0, to: writer.layout.count, by: UpdateArchive.chunkValues) {
            try writer.append(initial.values(start..<min(start + UpdateArchive.chunkValues, writer.layout.count)))
        }
        return try writer.finish()
    }

    /// The version after `previous`, by the project's strategy.
    ///
    /// Two blobs are open at a time, whatever the number of contributions.
    public func write(
        after previous: CheckpointReference, contributions: [Contribution], to path: String
    ) throws -> WeightsWriter.Finished {
        let base = try WeightsFile(blob(previous.weights))
        let updates = try contributions.map { contribution in
            WeightedUpdate(
                index: contribution.index,
                update: try UpdateArchive(
                    BriefBytes { [blob] in try blob(contribution.update) }, maximumParameters: base.layout.count),
                weight: contributionWeight(
                    tokens: contribution.tokens, staleness: previous.version - contribution.baseVersion))
        }
        let writer = try WeightsWriter(path: path, model: project.model)
        try Aggregator.merge(previous: base, contributions: updates, strategy: project.strategy, into: writer)
        return try writer.finish()
    }
}

/// Bytes that are opened for each reading: thousands of them need no more than one descriptor.
private struct BriefBytes: RandomAccessBytes {
    let count: Int
    private let open: @Sendable () throws -> any RandomAccessBytes

    init(_ open: @escaping @Sendable () throws -> any RandomAccessBytes) throws {
        self.open = open
        count = try open().count
    }

    func read(_ count: Int, at offset: Int) throws(UnreadableBytes) -> [UInt8] {
        do {
            return try open().read(count, at: offset)
        } catch let error as UnreadableBytes {
            throw error
        } catch {
            throw UnreadableBytes(reason: "\(error)")
        }
    }
}
