import Aggregation
import Checkpoints
import Foundation
import LanguageModel
import Ledger
import TestSupport
import Verification
import WorkUnits

/// A whole public run of a few versions, made with the project's own parts and written as a mirror.
struct ExampleRun {
    static let project = SigningKey.example(1)
    static let hosts = [SigningKey.example(2), SigningKey.example(3)]

    let mirror: PublicMirror
    let description: ProjectDescription
    private var chain = LedgerChain()
    private var entries: [String] = []
    private var published: [CheckpointReference] = []
    private var state: OuterState?
    private let shard: [UInt8]

    /// Makes another step of the one that leads to a version, or none: what a dishonest coordinator publishes.
    private let forge: ((UpdateArchive) throws -> [UInt8]?)?
    /// Whether only version 1 has another step, and the weights that are published are those to which it leads.
    private let followsForged: Bool

    /// - Parameter staleness: versions by which every second update is behind where it can be.
    init(
        in folder: URL, strategy: Strategy = Strategy(kind: .fedAvg, serverLearningRate: 1), versions: Int = 2,
        staleness: Int = 0, witnesses: [VerifyingKey]? = nil, followsForged: Bool = false,
        forge: ((UpdateArchive) throws -> [UInt8]?)? = nil
    ) throws {
        self.forge = forge
        self.followsForged = followsForged
        mirror = PublicMirror(path: folder.path)
        try FileManager.default.createDirectory(
            at: folder.appending(path: "checkpoints"), withIntermediateDirectories: true)
        shard = try TokenShard.encode((0..<97).map { UInt32($0 % 40) }, vocabulary: 40)
        let document = Digest(of: "a document".utf8)
        description = ProjectDescription(
            name: "example", summary: "", project: Self.project.verifyingKey, model: .tiny,
            strategy: strategy, mergeEvery: 2, lastVersion: 10, maximumStaleness: 1, quorum: 1, witnesses: witnesses,
            tokenizer: document,
            dataset: document, recipe: document, initialSeed: 9)
        let signed = try Signed(description, by: Self.project, context: ProjectDescription.signingContext)
        try write(CanonicalJSON.encode(signed), to: mirror.projectFile)
        try append(.opened(signed))
        try publish(contributions: [])
        for host in Self.hosts {
            let time = Timestamp(milliseconds: 0)
            try append(.joined(host.registration(in: description.project, at: time)))
        }
        for version in 1...versions {
            let contributions = try (0..<2).map {
                try contribute(index: (version - 1) * 2 + $0, staleness: $0 * staleness)
            }
            try publish(contributions: contributions)
        }
        try write(Array((entries.joined(separator: "\n") + "\n").utf8), to: mirror.ledgerFile)
        try write(CanonicalJSON.encode(chain.signedHead(by: Self.project)), to: mirror.headFile)
    }

    /// The root over the first entries, by their number.
    func roots() throws -> [Digest] {
        var edge = MerkleEdge()
        return [edge.root]
            + entries.map { entry in
                edge.append(Digest(of: entry.utf8))
                return edge.root
            }
    }

    /// What a mirror that was made earlier left.
    func keepHead(count: Int, root: Digest) throws {
        let head = LedgerHead(project: description.project, count: count, digest: .zero, root: root)
        let signed = try Signed(head, by: Self.project, context: LedgerHead.signingContext)
        try write(CanonicalJSON.encode(signed), to: mirror.olderHeadFile(count))
    }

    private mutating func append(_ record: LedgerRecord) throws {
        entries.append(try chain.append(record, at: Timestamp(milliseconds: Int64(entries.count))).text)
    }

    private func write(_ bytes: [UInt8], to file: URL) throws {
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
    }

    private func store(_ bytes: [UInt8]) throws -> Digest {
        let digest = Digest(of: bytes)
        try write(bytes, to: mirror.blobFile(digest))
        return digest
    }

    /// What a coordinator does that keeps snapshots alone: removes the weights of versions, and what they carry.
    func removeWeights(of versions: some Sequence<Int>) throws {
        for version in versions {
            let manifest = try manifest(of: version)
            for digest in [manifest.weights.weights] + (manifest.state?.blobs ?? []).map(\.digest) {
                try FileManager.default.removeItem(at: mirror.blobFile(digest))
            }
        }
    }

    func manifest(of version: Int) throws -> CheckpointManifest {
        try CanonicalJSON.decode(
            Signed<CheckpointManifest>.self, from: Array(Data(contentsOf: mirror.checkpointFile(version)))
        ).unverified()
    }

    private mutating func contribute(index: Int, staleness: Int) throws -> Contribution {
        let base = published[max(0, published.count - 1 - staleness)]
        let unit = WorkUnit(
            project: description.project, index: index, base: base, model: .tiny, training: .tiny,
            shard: Digest(of: shard), tokenCount: 97, updateCodec: .float32)
        let unitDigest = try store(WorkUnitArchive.encode(unit, shard: shard))
        var random = SplitMix64(seed: UInt64(index))
        let count = ParameterLayout(.tiny).count
        let manifest = UpdateManifest(
            unit: unitDigest, base: base.weights, parameterCount: count, codec: .float32,
            tokens: TrainingSettings.tiny.tokens, losses: [3, 2, 1], trace: .zero)
        let update = try store(
            UpdateArchive.encode(
                manifest, difference: (0..<count).map { _ in Float.random(in: -1e-3...1e-3, using: &random) }))
        let host = Self.hosts[index % 2]
        let contribution = Contribution(
            index: index, unit: unitDigest, update: update, host: host.verifyingKey, baseVersion: base.version,
            tokens: TrainingSettings.tiny.tokens)
        let submission = Submission(
            project: description.project, assignment: index, host: host.verifyingKey, unit: unitDigest, update: update)
        try append(
            .contribution(contribution, Signed(submission, by: host, context: Submission.signingContext)))
        return contribution
    }

    private func follow(
        _ step: BlobReference, from previous: CheckpointReference, to file: URL
    ) throws -> (digest: Digest, bytes: Int) {
        let archive = try UpdateArchive(FileBytes(path: mirror.blobFile(step.digest).path), maximumParameters: 1 << 20)
        var bytes: [UInt8] = []
        try CheckpointStep.apply([archive], to: FileBytes(path: mirror.blobFile(previous.weights).path)) { bytes += $0 }
        try write(bytes, to: file)
        return (Digest(of: bytes), bytes.count)
    }

    private mutating func publish(contributions: [Contribution]) throws {
        let version = published.count
        let file = mirror.url.appending(path: "new.safetensors")
        let mirror = mirror
        let weights = VersionWeights(of: description) { try FileBytes(path: mirror.blobFile($0).path) }
        func move(_ path: String, to digest: Digest) throws {
            let blob = mirror.blobFile(digest)
            try FileManager.default.createDirectory(
                at: blob.deletingLastPathComponent(), withIntermediateDirectories: true)
            try FileManager.default.moveItem(atPath: path, toPath: blob.path)
        }
        var written: (digest: Digest, bytes: Int)
        var step: BlobReference?
        if let previous = published.last {
            let next = try weights.write(
                after: previous, state: state, contributions: contributions, threads: 2, to: file.path)
            for part in OuterState.Part.allCases {
                guard let blob = next.state?[part] else { continue }
                try move(VersionWeights.path(of: part, beside: file.path), to: blob.digest)
            }
            if let step = next.step { try move(VersionWeights.stepPath(beside: file.path), to: step.digest) }
            (written, state, step) = ((next.weights.digest, next.weights.bytes), next.state, next.step)
            if let forge, let honest = step, version == 1 || !followsForged {
                let archive = try UpdateArchive(
                    FileBytes(path: mirror.blobFile(honest.digest).path), maximumParameters: 1 << 20)
                step = try forge(archive).map { BlobReference(digest: try store($0), bytes: $0.count) }
                if followsForged, let step { written = try follow(step, from: previous, to: file) }
            }
        } else {
            let initial = try weights.writeInitial(to: file.path)
            written = (initial.digest, initial.bytes)
        }
        try move(file.path, to: written.digest)
        let reference = CheckpointReference(version: version, weights: written.digest, bytes: written.bytes)
        let manifest = CheckpointManifest(
            project: description.project, version: version, height: version * 2, weights: reference,
            state: state, step: step, previous: published.last, model: .tiny, strategy: description.strategy,
            tokenizer: description.tokenizer,
            dataset: description.dataset, contributions: contributions,
            metrics: Metrics(loss: 3, bitsPerByte: 2, tokenAccuracy: 0.1, tokens: 10, bytes: 20))
        let signed = try Signed(manifest, by: Self.project, context: CheckpointManifest.signingContext)
        try write(CanonicalJSON.encode(signed), to: mirror.checkpointFile(version))
        try append(
            .checkpoint(version: version, height: version * 2, weights: reference, manifest: signed.digest))
        published.append(reference)
    }
}
