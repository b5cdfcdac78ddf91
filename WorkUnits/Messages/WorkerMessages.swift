/// One line of a worker's `progress.jsonl`, and of its standard output.
public struct TrainingProgress: Codable, Hashable, Sendable {
    /// Steps that are done, 1 ... `of`.
    public var step: Int
    public var of: Int
    /// Mean training loss of the step, in nats per token.
    public var loss: Float
    /// Over the steps since the worker was started.
    public var tokensPerSecond: Double

    public init(step: Int, of: Int, loss: Float, tokensPerSecond: Double) {
        self.step = step
        self.of = of
        self.loss = loss
        self.tokensPerSecond = tokensPerSecond
    }
}

/// How a worker's process ends. Numbers from `sysexits.h` where it has a word for it.
public enum WorkerExit: Int32, Hashable, Sendable, CaseIterable {
    /// `update.caravan` is there.
    case finished = 0
    /// The command line cannot be understood, or the environment forces instructions that the processor lacks.
    case usage = 64
    /// `unit.caravan` is not a work unit that can be computed, or does not belong to `base.safetensors`' shape.
    case malformedUnit = 65
    /// `base.safetensors` is missing or not the one that the unit names.
    case wrongBase = 66
    /// The computation left the finite numbers: the unit cannot be trained.
    case diverged = 70
    /// The unit needs more memory than is allowed, with all that can be computed again.
    case tooLittleMemory = 71
    /// The folder cannot be read or written.
    case inputOutput = 74
    /// Another worker trains in this slot, or it was asked to stop and saved its state: start it again to continue.
    case stopped = 75
    /// No space left.
    case diskFull = 73
}
