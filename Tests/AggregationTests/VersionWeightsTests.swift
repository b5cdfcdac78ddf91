import Aggregation
import Checkpoints
import Foundation
import LanguageModel
import Synchronization
import TestSupport
import Testing
import WorkUnits

@Suite struct VersionWeightsTests {
    private static let project = ProjectDescription(
        name: "example", summary: "", project: SigningKey.example(1).verifyingKey, model: .tiny,
        strategy: Strategy(kind: .fedAvg, serverLearningRate: 1), mergeEvery: 100, lastVersion: 10,
        maximumStaleness: 10, quorum: 1,
        tokenizer: .zero,
        dataset: .zero, recipe: .zero, initialSeed: 9)

    private let folder: TemporaryFolder
    private let blobs = CountedBlobs()
    private let initial: CheckpointReference

    init() throws {
        folder = try TemporaryFolder()
        let path = folder.file("initial")
        let written = try VersionWeights(of: Self.project) { _ in [] }.writeInitial(to: path)
        let file = try FileBytes(path: path)
        initial = CheckpointReference(version: 0, weights: written.digest, bytes: written.bytes)
        blobs.store(try file.read(file.count, at: 0))
    }

    @Test func `a merge of many contributions has two blobs open at a time`() throws {
        let contributions = try (0..<100).map { try contribution(index: $0) }
        let path = folder.file("merged")
        try version(of: contributions, to: path)
        #expect(blobs.mostOpen == 2)
        let previous = InitialWeights(model: .tiny, seed: 9).values(0..<ParameterLayout(.tiny).count)
        // The mean of 0 ..< 100.
        #expect(try WeightsFile(FileBytes(path: path)).all() == previous.map { Float(Double($0) + 49.5) })
    }

    @Test(arguments: [Strategy.Kind.fedAvg, .diLoCo, .fedAdam])
    func `merges that are made again give what would be, had the struck contributions not been there`(
        kind: Strategy.Kind
    ) throws {
        var project = Self.project
        project.strategy = Strategy(kind: kind, robustness: Robustness(clip: .medianNorm), averaging: 0.9)
        let weights = VersionWeights(of: project) { [blobs] in try blobs.open($0) }
        func store(_ path: String) throws -> Digest {
            let file = try FileBytes(path: path)
            return blobs.store(try file.read(file.count, at: 0))
        }
        /// Versions of these contributions, one after the other.
        func versions(_ merges: [[Int]]) throws -> [(CheckpointReference, OuterState?)] {
            var made: [(CheckpointReference, OuterState?)] = [(initial, nil)]
            for (number, indices) in merges.enumerated() {
                let path = folder.file("version-\(number)-\(merges.count)-\(indices)")
                let written = try weights.write(
                    after: made[number].0, state: made[number].1,
                    contributions: indices.map { try contribution(index: $0) }, to: path)
                for part in written.state?.parts ?? [] { _ = try store(VersionWeights.path(of: part, beside: path)) }
                made.append(
                    (
                        CheckpointReference(
                            version: number + 1, weights: try store(path), bytes: written.weights.bytes),
                        written.state
                    ))
            }
            return made
        }
        let published = try versions([[1, 2], [3, 4]])
        let expected = try versions([[1], [3, 4], [5, 6]])
        let path = folder.file("repaired")
        let repaired = try weights.write(
            after: published[2].0,
            repeated: [
                RepeatedMerge(previous: published[0].0, contributions: [contribution(index: 1)]),
                RepeatedMerge(
                    previous: published[1].0, contributions: [contribution(index: 3), contribution(index: 4)]),
            ],
            state: nil, contributions: [contribution(index: 5), contribution(index: 6)], to: path)
        #expect(repaired.weights.digest == expected[3].0.weights)
        #expect(repaired.state == expected[3].1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).allSatisfy { !$0.contains("again") })
    }

    @Test func `a merge that is left with nothing changes nothing`() throws {
        var project = Self.project
        project.strategy.robustness = Robustness(rule: .median, hostile: 1)
        project.strategy.averaging = 0.9
        let weights = VersionWeights(of: project) { [blobs] in try blobs.open($0) }
        for contributions in [[], [try contribution(index: 1), try contribution(index: 2)]] {
            let written = try weights.write(
                after: initial, state: nil, contributions: contributions, to: folder.file("same"))
            #expect(written.weights.digest == initial.weights && written.report.stepNorm == 0)
        }
    }

    @Test func `what a version carries goes on, and without it there is no next version`() throws {
        var project = Self.project
        project.strategy = Strategy(kind: .fedAdam, robustness: Robustness(clip: .medianNorm), averaging: 0.9)
        let weights = VersionWeights(of: project) { [blobs] in try blobs.open($0) }
        let path = folder.file("next")
        func next(after previous: CheckpointReference, state: OuterState?) throws -> VersionWeights.Written {
            try weights.write(
                after: previous, state: state, contributions: [contribution(index: 1), contribution(index: 2)],
                threads: 2, to: path)
        }
        func store(_ written: VersionWeights.Written, version: Int) throws -> CheckpointReference {
            for part in written.state?.parts ?? [] {
                let file = try FileBytes(path: VersionWeights.path(of: part, beside: path))
                #expect(blobs.store(try file.read(file.count, at: 0)) == written.state?[part]?.digest)
                #expect(written.state?[part]?.bytes == file.count)
            }
            let file = try FileBytes(path: path)
            blobs.store(try file.read(file.count, at: 0))
            return CheckpointReference(
                version: version, weights: written.weights.digest, bytes: written.weights.bytes)
        }
        let first = try next(after: initial, state: nil)
        #expect(first.state?.parts == Set(OuterState.Part.allCases))
        let reference = try store(first, version: 1)
        let second = try next(after: reference, state: first.state)
        _ = try store(second, version: 2)
        for part in OuterState.Part.allCases { #expect(second.state?[part] != first.state?[part], "\(part)") }
        // Without the moments the step would be another.
        #expect(try next(after: reference, state: first.state).weights == second.weights)

        for part in OuterState.Part.allCases {
            var lacking = first.state
            lacking?[part] = nil
            #expect(throws: AggregationFailure.missingState(part, version: 1)) {
                try next(after: reference, state: lacking)
            }
            var foreign = first.state
            foreign?[part] = BlobReference(digest: .zero, bytes: 1)
            #expect(throws: (any Error).self) { try next(after: reference, state: foreign) }
        }
        // Nothing is left lying about.
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix("next") }
        #expect(left == [])
    }

    @Test(arguments: [UpdateCodec.int8, .int4, .bfloat16])
    func `a version is the one before and the step that is published`(codec: UpdateCodec) throws {
        var project = Self.project
        project.strategy = Strategy(kind: .fedAvg, stepCodec: codec)
        let weights = VersionWeights(of: project) { [blobs] in try blobs.open($0) }
        let contributions = try (1...3).map { try contribution(index: $0, scale: 1e-3) }
        let path = folder.file("next")
        let written = try weights.write(
            after: initial, state: nil, contributions: contributions, threads: 2, to: path)
        let stepPath = VersionWeights.stepPath(beside: path)
        let step = try UpdateArchive(FileBytes(path: stepPath), maximumParameters: ParameterLayout(.tiny).count)
        #expect(
            step.manifest
                == CheckpointStep.manifest(
                    from: initial.weights, parameterCount: ParameterLayout(.tiny).count, codec: codec, tokens: 3 * 96))
        #expect(
            try FileDigest.read(stepPath)
                == FileDigest(digest: #require(written.step).digest, bytes: #require(written.step).bytes))
        var applied: [UInt8] = []
        try CheckpointStep.apply([step], to: blobs.open(initial.weights)) { applied += $0 }
        #expect(try FileBytes(path: path).read(applied.count, at: 0) == applied)
        #expect(Digest(of: applied) == written.weights.digest && applied.count == written.weights.bytes)

        // Nearly what the contributions ask for, but not quite.
        let exact = folder.file("exact")
        try version(of: contributions, to: exact)
        let before = try WeightsFile(blobs.open(initial.weights)).all()
        let (wanted, found) = (
            try WeightsFile(FileBytes(path: exact)).all(), try WeightsFile(FileBytes(path: path)).all()
        )
        let error = norm(difference(wanted.map(Double.init), found.map(Double.init)))
        #expect(error > 0 && error < 0.3 * norm(difference(wanted.map(Double.init), before.map(Double.init))))

        // The same files from one thread, and nothing beside them.
        let again = try weights.write(
            after: initial, state: nil, contributions: contributions, to: folder.file("again"))
        #expect(again.weights == written.weights && again.step == written.step)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(Set(files) == ["initial", "exact", "next", "next.step", "again", "again.step"])
    }

    @Test func `what cannot be merged leaves no file of its step`() throws {
        var project = Self.project
        project.strategy = Strategy(kind: .fedAvg, stepCodec: .int8)
        let weights = VersionWeights(of: project) { [blobs] in try blobs.open($0) }
        var lost = try contribution(index: 1)
        lost.update = .zero
        #expect(throws: (any Error).self) {
            try weights.write(
                after: initial, state: nil, contributions: [contribution(index: 0), lost], to: folder.file("next"))
        }
        // A step that no int8 can be.
        let huge = try contribution(index: 1, scale: 0x1p121)
        #expect(throws: UnencodableUpdate.self) {
            try weights.write(after: initial, state: nil, contributions: [huge], to: folder.file("next"))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["initial"])
    }

    @Test func `a contribution whose update is gone is refused`() throws {
        var lost = try contribution(index: 1)
        lost.update = .zero
        #expect(throws: (any Error).self) {
            try version(of: [contribution(index: 0), lost], to: folder.file("merged"))
        }
    }

    private func version(of contributions: [Contribution], to path: String) throws {
        let weights = VersionWeights(of: Self.project) { [blobs] in try blobs.open($0) }
        _ = try weights.write(after: initial, state: nil, contributions: contributions, to: path)
    }

    /// Moves every parameter by its index, or by chance.
    private func contribution(index: Int, scale: Float? = nil) throws -> Contribution {
        let count = ParameterLayout(.tiny).count
        var random = SplitMix64(seed: UInt64(index))
        let update = try UpdateArchive.encode(
            .example(parameterCount: count),
            difference: scale.map { random.floats(count, scale: $0) } ?? Array(repeating: Float(index), count: count))
        return Contribution(
            index: index, unit: .zero, update: blobs.store(update), host: SigningKey.example(2).verifyingKey,
            baseVersion: 0, tokens: 96)
    }
}

/// Blobs that know how many are open.
private final class CountedBlobs: Sendable {
    private struct State {
        var contents: [Digest: [UInt8]] = [:]
        var open = 0
        var mostOpen = 0
    }

    private let state = Mutex(State())

    var mostOpen: Int { state.withLock(\.mostOpen) }

    @discardableResult
    func store(_ content: [UInt8]) -> Digest {
        let digest = Digest(of: content)
        state.withLock { $0.contents[digest] = content }
        return digest
    }

    func open(_ digest: Digest) throws -> OpenBlob {
        try state.withLock { state in
            guard let content = state.contents[digest] else { throw UnreadableBytes(reason: "no blob \(digest.short)") }
            state.open += 1
            state.mostOpen = max(state.mostOpen, state.open)
            return OpenBlob(content, of: self)
        }
    }

    func close() {
        state.withLock { $0.open -= 1 }
    }
}

private final class OpenBlob: RandomAccessBytes {
    private let content: [UInt8]
    private let blobs: CountedBlobs

    init(_ content: [UInt8], of blobs: CountedBlobs) {
        self.content = content
        self.blobs = blobs
    }

    deinit { blobs.close() }

    var count: Int { content.count }

    func read(_ count: Int, at offset: Int) throws(UnreadableBytes) -> [UInt8] {
        try content.read(count, at: offset)
    }
}
