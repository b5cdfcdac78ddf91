/// An immutable description of a computation: with the base weights and the tokens it names, it determines the update.
///
/// Travels as the manifest of a work-unit archive, whose payload is the shard's tokens. A unit is named by the digest
/// of that archive.
public struct WorkUnit: Codable, Hashable, Sendable {
    /// Version of this document's format.
    public var format: Int
    public var project: ProjectID
    /// Counts the units of the run from 0: decides the order of averaging.
    public var index: Int
    public var base: CheckpointReference
    public var model: ModelConfiguration
    public var training: TrainingSettings
    public var shard: Digest
    /// The place in the shard of the first token of the payload.
    public var firstToken: Int
    /// Tokens in the payload.
    public var tokenCount: Int
    public var updateCodec: UpdateCodec
    /// Whether a host adds what its earlier updates left out, and keeps what this one does. Then the update depends on that
    /// host's `ErrorFeedback` too.
    public var errorFeedback: Bool

    public static let currentFormat = 3

    public init(
        project: ProjectID, index: Int, base: CheckpointReference, model: ModelConfiguration,
        training: TrainingSettings, shard: Digest, firstToken: Int = 0, tokenCount: Int, updateCodec: UpdateCodec,
        errorFeedback: Bool = false
    ) {
        format = Self.currentFormat
        self.project = project
        self.index = index
        self.base = base
        self.model = model
        self.training = training
        self.shard = shard
        self.firstToken = firstToken
        self.tokenCount = tokenCount
        self.updateCodec = updateCodec
        self.errorFeedback = errorFeedback
    }
}

/// A project is named by its coordinator's public key.
public typealias ProjectID = VerifyingKey

/// One version of a run's weights.
public struct CheckpointReference: Codable, Hashable, Sendable {
    public var version: Int
    /// Digest of the safetensors file.
    public var weights: Digest
    /// Size of the safetensors file.
    public var bytes: Int

    public init(version: Int, weights: Digest, bytes: Int) {
        self.version = version
        self.weights = weights
        self.bytes = bytes
    }
}

/// The manifest of an update archive, whose payload is the difference new − base of every parameter.
public struct UpdateManifest: Codable, Hashable, Sendable {
    public var format: Int
    /// Digest of the work-unit archive that was computed.
    public var unit: Digest
    /// Digest of the base weights that the difference applies to.
    public var base: Digest
    public var parameterCount: Int
    public var codec: UpdateCodec
    /// Tokens predicted in training.
    public var tokens: Int
    /// Mean training loss of every step, in nats per token.
    public var losses: [Float]
    /// What was held back before and after this update; nil without error feedback.
    public var feedback: FeedbackDigests?
    /// `TrainingTrace.commitment` of the training; nil for what is no unit's answer, such as the step of a version.
    public var trace: Digest?

    public static let currentFormat = 1

    public init(
        unit: Digest, base: Digest, parameterCount: Int, codec: UpdateCodec, tokens: Int, losses: [Float],
        trace: Digest? = nil
    ) {
        format = Self.currentFormat
        self.unit = unit
        self.base = base
        self.parameterCount = parameterCount
        self.codec = codec
        self.tokens = tokens
        self.losses = losses
        self.trace = trace
    }

    /// Of the answer to a unit.
    ///
    /// - Parameter name: digest of the unit's archive.
    public init(answering unit: WorkUnit, named name: Digest, parameterCount: Int, losses: [Float], trace: Digest) {
        self.init(
            unit: name, base: unit.base.weights, parameterCount: parameterCount, codec: unit.updateCodec,
            tokens: unit.training.tokens, losses: losses, trace: trace)
    }
}

/// What a host says it computed, signed by the host. The numbers that count are the coordinator's own.
public struct Submission: Codable, Hashable, Sendable {
    public var format: Int
    public var project: ProjectID
    public var assignment: AssignmentID
    public var host: HostID
    public var unit: Digest
    /// Digest of the update archive.
    public var update: Digest

    public static let currentFormat = 1
    public static let signingContext = "caravan submission 1"

    public init(project: ProjectID, assignment: AssignmentID, host: HostID, unit: Digest, update: Digest) {
        format = Self.currentFormat
        self.project = project
        self.assignment = assignment
        self.host = host
        self.unit = unit
        self.update = update
    }
}

/// A host is named by its public key.
public typealias HostID = VerifyingKey

/// Counts the assignments of a project from 0.
public typealias AssignmentID = Int
