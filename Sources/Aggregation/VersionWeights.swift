import Checkpoints
import LanguageModel
import WorkUnits

/// The weights of a version, and what its outer optimizer carries, as a pure function of public data: what a coordinator
/// publishes and an audit recomputes.
public struct VersionWeights {
    let project: ProjectDescription
    private let isScratch: Bool
    private let prepared: @Sendable (Digest) -> PreparedUpdate?
    private let blob: @Sendable (Digest) throws -> any RandomAccessBytes

    /// - Parameters:
    ///   - isScratch: whether what is written is for this program alone: then it waits for no disk.
    ///   - prepared: what was kept of an update when it was judged, by its digest.
    ///   - blob: opens a public blob by its digest; called by several threads at once.
    public init(
        of project: ProjectDescription, isScratch: Bool = false,
        prepared: @escaping @Sendable (Digest) -> PreparedUpdate? = { _ in nil },
        blob: @escaping @Sendable (Digest) throws -> any RandomAccessBytes
    ) {
        self.project = project
        self.isScratch = isScratch
        self.prepared = prepared
        self.blob = blob
    }

    /// Version 0, drawn from the project's seed.
    public func writeInitial(to path: String) throws -> WeightsWriter.Finished {
        let writer = try writer(path)
        let initial = InitialWeights(model: project.model, seed: project.initialSeed)
        for start in stride(from: 0, to: writer.layout.count, by: UpdateArchive.chunkValues) {
            try writer.append(initial.values(start..<min(start + UpdateArchive.chunkValues, writer.layout.count)))
        }
        return try writer.finish()
    }

    /// A version that was written: files whose bytes are on the disk, still to be given their names as blobs.
    public struct Written: Sendable {
        public var weights: WeightsWriter.Finished
        /// The file beside the weights, at `stepPath(beside:)`; nil where the strategy has no step codec.
        public var step: BlobReference?
        /// The files beside the weights, each at `path(of:beside:)`; nil where the strategy carries nothing.
        public var state: OuterState?
        public var report: MergeReport
    }

    /// Where `write` puts a part of the state.
    ///
    /// - Parameter path: of the weights.
    public static func path(of part: OuterState.Part, beside path: String) -> String { "\(path).\(part.rawValue)" }

    /// Where `write` puts the step.
    ///
    /// - Parameter path: of the weights.
    public static func stepPath(beside path: String) -> String { "\(path).step" }

    private func writer(_ path: String, isScratch: Bool = false) throws -> WeightsWriter {
        try WeightsWriter(path: path, model: project.model, isScratch: isScratch || self.isScratch)
    }

    /// The version after `previous`, by the project's strategy.
    ///
    /// For each thread two blobs are open at a time, beside the files of `previous`, whatever the number of contributions; of
    /// inflated updates at most `mostInflatedOpen`.
    ///
    /// - Parameters:
    ///   - repeated: merges to make again first, without what was struck from them.
    ///   - state: what the manifest of the version names that is begun at: `previous`, or that of the first repeated merge.
    ///   - path: the weights' file; the files of step and state stand beside it and are removed again when this throws.
    public func write(
        after previous: CheckpointReference, repeated: [RepeatedMerge] = [], state: OuterState?,
        contributions: [Contribution], threads: Int = 1, to path: String
    ) throws -> Written {
        let parts = project.strategy.stateParts
        let chain = MergeChain(weights: self, path: path, threads: threads)
        do {
            let base = try chain.repeat(
                repeated, from: version(repeated.first?.previous ?? previous, state: state), until: previous.version)
            let mergedPath = project.strategy.stepCodec == nil ? path : "\(path).merged"
            // Where a step is published, they are rounded to it, and go.
            let merged = try writer(mergedPath, isScratch: mergedPath != path)
            var writers: [OuterState.Part: WeightsWriter] = [:]
            for part in parts where part != .norms {
                writers[part] = try writer(Self.path(of: part, beside: path))
            }
            let (report, norms) = try merge(
                contributions, after: base, threads: threads, into: NextVersion(weights: merged, state: writers))
            let (weights, step) = try publish(
                merged, at: mergedPath,
                after: (previous.weights, repeated.isEmpty ? base.weights : WeightsFile(blob(previous.weights))),
                tokens: contributions.reduce(0) { $0 + $1.tokens }, threads: threads, to: path)
            var next = OuterState()
            for (part, writer) in writers {
                let file = try writer.finish()
                next[part] = BlobReference(digest: file.digest, bytes: file.bytes)
            }
            if let norms {
                let document = try CanonicalJSON.encode(norms)
                var file = try DurableFile(
                    path: Self.path(of: .norms, beside: path), isEmptied: true, isScratch: isScratch)
                try file.append(document)
                try file.sync()
                next.norms = BlobReference(digest: Digest(of: document), bytes: document.count)
            }
            return Written(weights: weights, step: step, state: parts.isEmpty ? nil : next, report: report)
        } catch {
            for file in [path, Self.stepPath(beside: path)] + parts.map({ Self.path(of: $0, beside: path) }) {
                try? DurableFile.remove(file)
            }
            throw error
        }
    }

    /// Combines contributions, or, where so many were struck that the rule cannot hold what it promises with the rest, leaves
    /// the version as it is.
    func merge(
        _ contributions: [Contribution], after base: PreviousVersion, threads: Int, into next: NextVersion
    ) throws -> (report: MergeReport, norms: NormHistory?) {
        guard (try? project.strategy.robustness.validate(contributions: contributions.count)) != nil else {
            return try keep(base, into: next)
        }
        let updates = try contributions.enumerated().map { place, contribution in
            let prepared = prepared(contribution.update)
            return try update(
                contribution, after: base.version, layout: base.weights.layout,
                prepared: place < Self.mostInflatedOpen ? prepared?.opened() : prepared)
        }
        return try Aggregator(strategy: project.strategy, threads: threads).merge(
            previous: base, contributions: updates, into: next)
    }

    /// A process may have 1024 files open, and a coordinator has connections too.
    private static let mostInflatedOpen = 128

    /// The merged weights as they are, or those that the published step leads to.
    private func publish(
        _ merged: WeightsWriter, at mergedPath: String, after previous: (digest: Digest, weights: WeightsFile),
        tokens: Int, threads: Int, to path: String
    ) throws -> (WeightsWriter.Finished, BlobReference?) {
        guard let codec = project.strategy.stepCodec else { return (try merged.finish(), nil) }
        let next = try writer(path)
        let step = try UpdateWriter(
            path: Self.stepPath(beside: path),
            manifest: CheckpointStep.manifest(
                from: previous.digest, parameterCount: next.layout.count, codec: codec, tokens: tokens),
            isScratch: isScratch)
        // The merged weights are removed with their unfinished writer.
        try withExtendedLifetime(merged) {
            try VersionStep(previous: previous.weights, merged: WeightsFile(FileBytes(path: mergedPath)))
                .write(step, to: next, threads: threads)
        }
        let file = try step.finish()
        return (try next.finish(), BlobReference(digest: file.digest, bytes: file.bytes))
    }

    private func version(_ reference: CheckpointReference, state: OuterState?) throws -> PreviousVersion {
        var previous = PreviousVersion(version: reference.version, weights: try WeightsFile(blob(reference.weights)))
        for part in OuterState.Part.allCases {
            guard let file = state?[part] else { continue }
            if part == .norms {
                previous.norms = try NormHistory(blob(file.digest), layout: previous.weights.layout)
            } else {
                previous.state[part] = try WeightsFile(blob(file.digest))
            }
        }
        return previous
    }

    private func update(
        _ contribution: Contribution, after version: Int, layout: ParameterLayout, prepared: PreparedUpdate?
    ) throws -> WeightedUpdate {
        try WeightedUpdate(
            index: contribution.index,
            update: UpdateArchive(
                BriefBytes { [blob] in try blob(contribution.update) }, maximumParameters: layout.count),
            weight: contributionWeight(
                tokens: contribution.tokens, staleness: version - contribution.baseVersion),
            tokens: contribution.tokens, prepared: prepared)
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
