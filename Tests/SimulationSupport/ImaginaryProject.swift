import Coordination
import Federation
import Ledger
import TestSupport
import WorkUnits

/// A project whose computations are digests of what they would be computed from: everything about it is real but the
/// numbers. Deterministic, so that two runs with the same contributions have the same versions.
public struct ImaginaryProject: Sendable {
    public let key: SigningKey
    public let policy: RunPolicy
    public let description: Signed<ProjectDescription>
    public let genesis: Signed<CheckpointManifest>
    private let strategy: Strategy

    public static let model = ModelConfiguration(layers: 1, width: 8, heads: 2, vocabulary: 64, context: 8)

    /// - Parameter stepCodec: nil where versions are no steps.
    public init(
        policy: RunPolicy, admission: AdmissionRule = .open(proofBits: 0), witnesses: [VerifyingKey]? = nil,
        stepCodec: UpdateCodec? = nil
    ) throws {
        self.policy = policy
        strategy = Strategy(kind: .fedAvg, serverLearningRate: 1, stepCodec: stepCodec)
        key = Self.key(0)
        let project = key.verifyingKey
        let body = ProjectDescription(
            name: "imaginary", summary: "trains nothing", project: project, model: Self.model, strategy: strategy,
            mergeEvery: policy.mergeEvery, lastVersion: policy.lastVersion, maximumStaleness: policy.maximumStaleness,
            quorum: policy.quorum, tolerance: policy.tolerance,
            audit: policy.audit, admission: admission, witnesses: witnesses, tokenizer: Digest(of: "tokenizer".utf8),
            dataset: Digest(of: "dataset".utf8), recipe: Digest(of: "recipe".utf8), initialSeed: 1)
        description = try Signed(body, by: key, context: ProjectDescription.signingContext)
        let weights = CheckpointReference(version: 0, weights: Digest(of: Self.initialWeights), bytes: 4096)
        genesis = try Self.manifest(weights, previous: nil, height: 0, contributions: [], strategy, key)
    }

    /// The key of a number: 0 is the project's, others are hosts'.
    public static func key(_ number: Int) -> SigningKey {
        guard let key = SigningKey(seed: Digest(of: "imaginary key \(number)".utf8).bytes) else {
            preconditionFailure("a digest has 32 bytes")
        }
        return key
    }

    /// A host comes, a volunteer of its own; to be recorded in the ledger.
    public func joining(of host: SigningKey) throws -> Proposal {
        let joining = Joining(host: host.verifyingKey)
        let registration = try host.registration(
            in: key.verifyingKey, certified: joining.certified, nonce: 0, at: Timestamp(milliseconds: 0))
        return Proposal(.joined(joining), recording: .joined(registration))
    }

    // MARK: What would be computed

    public static func archive(of unit: IssuedUnit) -> [UInt8] {
        Array("steps \(unit.steps) of unit \(unit.index) from \(unit.base.weights)".utf8)
    }

    /// What an honest host computes. Another `drift` is as sound, but not the same bytes.
    public static func update(of unit: Digest, drift: Int = 0) -> [UInt8] {
        Array("update of \(unit) drifted by \(drift)".utf8)
    }

    /// Where the training of an honest host goes.
    public static func trace(of unit: IssuedUnit) -> TrainingTrace {
        let name = Digest(of: archive(of: unit))
        let count = TrainingTrace.count(steps: unit.steps.count)
        return TrainingTrace((0..<count).map { Digest(of: "weights \($0) of \(name)".utf8) })
    }

    /// What comes out when a unit is trained again.
    public static func replayed(_ replay: Replay) -> Replayed {
        let steps = replay.issue.steps.count
        let digests = (1...replay.steps).count { TrainingTrace.isDue(after: $0, of: steps) }
        return Replayed(
            trace: TrainingTrace(Array(trace(of: replay.issue).weights.prefix(digests))),
            content: replay.steps == steps ? Digest(of: update(of: Digest(of: archive(of: replay.issue)))) : nil)
    }

    /// Drifts that the judge takes for sound.
    public static let soundDrifts = 0..<3

    public static func verdict(on update: Digest, of unit: Digest) -> Verdict {
        let isSound = soundDrifts.contains { Digest(of: Self.update(of: unit, drift: $0)) == update }
        return isSound ? .accepted : .rejected(reason: "not an update of this unit")
    }

    public func merge(_ merge: Merge) throws -> Signed<CheckpointManifest> {
        let weights = Digest(of: Self.weights(after: merge))
        let reference = CheckpointReference(version: merge.version, weights: weights, bytes: 4096)
        return try Self.manifest(
            reference, previous: merge.previous, height: merge.height, contributions: merge.contributions, strategy,
            key)
    }

    public static let initialWeights = Array("initial weights".utf8)

    public static func weights(after merge: Merge) -> [UInt8] {
        var weights = "\(merge.previous.weights)"
        for past in merge.repeated { weights += " but \(past.version): \(past.contributions.map(\.index))" }
        for contribution in merge.contributions { weights += " + \(contribution.index): \(contribution.update)" }
        return Array(weights.utf8)
    }

    public static func step(to version: Int) -> [UInt8] { Array("step to version \(version)".utf8) }

    public static func momentum(of version: Int) -> [UInt8] { Array("momentum of version \(version)".utf8) }

    /// What a version's outer optimizer carries.
    public static func state(of version: Int) -> OuterState? {
        guard version > 0 else { return nil }
        var state = OuterState()
        state.momentum = BlobReference(digest: Digest(of: momentum(of: version)), bytes: 4096)
        return state
    }

    private static func manifest(
        _ weights: CheckpointReference, previous: CheckpointReference?, height: Int, contributions: [Contribution],
        _ strategy: Strategy, _ key: SigningKey
    ) throws -> Signed<CheckpointManifest> {
        let hasStep = strategy.stepCodec != nil && weights.version > 0
        let metrics = Metrics(
            loss: 4 / Double(weights.version + 1), bitsPerByte: 2, tokenAccuracy: 0.5, tokens: 100, bytes: 300)
        let body = CheckpointManifest(
            project: key.verifyingKey, version: weights.version, height: height, weights: weights,
            state: state(of: weights.version),
            step: hasStep ? BlobReference(digest: Digest(of: step(to: weights.version)), bytes: 1024) : nil,
            previous: previous, model: model, strategy: strategy,
            tokenizer: Digest(of: "tokenizer".utf8),
            dataset: Digest(of: "dataset".utf8), contributions: contributions, metrics: metrics)
        return try Signed(body, by: key, context: CheckpointManifest.signingContext)
    }
}
