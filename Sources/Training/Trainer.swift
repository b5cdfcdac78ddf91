import Kernels
import LanguageModel
import Synchronization
import WorkUnits

/// Computes a work unit, one optimizer step at a time: weights and tokens in, new weights out.
///
/// The result is a function of the arguments of `init` but for `threads`, and of nothing else: neither the number of threads,
/// nor their timing, nor a `state` saved and restored in between changes a bit.
public final class Trainer {
    public let model: ModelConfiguration
    public let settings: TrainingSettings
    /// Steps taken.
    public internal(set) var step = 0
    /// Mean cross-entropy of each step taken, in nats per token, before the step.
    public internal(set) var losses: [Float] = []
    /// Where the training went so far.
    public internal(set) var trace = TrainingTrace()

    let gpt: GPT
    let optimizer: Optimizer
    /// Names the computation, so that a state of another is refused.
    let identity: Digest
    private let backpropagation: Backpropagation
    /// Nil where nothing draws the weights back to the base.
    private let proximal: ProximalTerm?
    private let tokens: [UInt32]
    private var order: BatchOrder
    private let team: ThreadTeam

    /// As below, with all weights at hand.
    public convenience init(
        model: ModelConfiguration, settings: TrainingSettings, weights: [Float], tokens: [UInt32], threads: Int
    ) throws {
        let expected = ParameterLayout(model).count
        guard weights.count == expected else {
            throw TrainingFailure.wrongWeightCount(weights.count, expected: expected)
        }
        try self.init(model: model, settings: settings, tokens: tokens, threads: threads) { Array(weights[$0]) }
    }

    /// As below, with weights that come a piece at a time, in the order of `ParameterLayout`.
    public convenience init(
        model: ModelConfiguration, settings: TrainingSettings, tokens: [UInt32], threads: Int,
        weights: (Range<Int>) throws -> [Float]
    ) throws {
        try self.init(model: model, settings: settings, tokens: tokens, threads: threads) { buffer, _ in
            for range in buffer.pieces { buffer.assign(try weights(range), at: range.lowerBound) }
        }
    }

    /// Checks everything, and allocates all memory that training needs.
    ///
    /// `tokens` are more than `settings.sequenceLength`, all below the vocabulary; `threads` that compute count the
    /// caller's. `load` fills a buffer with the unit's base, also where a state is restored afterwards: finite weights in the
    /// order of `ParameterLayout`; it may use the threads.
    public init(
        model: ModelConfiguration, settings: TrainingSettings, tokens: [UInt32], threads: Int,
        load: (FloatBuffer, ThreadTeam) throws -> Void
    ) throws {
        try TrainingFailure.checkInstructionSet()
        do {
            try model.validate()
            try settings.validate(for: model)
        } catch {
            throw TrainingFailure.invalidSetting(error)
        }
        try TrainingFailure.check(tokens: tokens, for: model)
        order = try BatchOrder(tokens: tokens.count, length: settings.sequenceLength, seed: settings.seed)
        identity = Self.identity(model: model, settings: settings, tokens: tokens)
        let team = ThreadTeam(threads: threads)
        gpt = GPT(
            model, sequences: settings.microBatchSize, length: settings.sequenceLength, team: team,
            numerics: settings.numerics, keeping: .forBackward(settings.activations, settings.recompute))
        try load(gpt.weights.buffer, team)
        try TrainingFailure.check(finite: gpt.weights.buffer, on: team, in: ParameterLayout(model))
        backpropagation = Backpropagation(gpt)
        optimizer = Optimizer(model, settings.optimizer, numerics: settings.numerics, team: team)
        let strength = settings.optimizer.proximal
        proximal =
            strength > 0 ? ProximalTerm(strength: strength, base: gpt.weights.buffer, team: team) : nil
        self.model = model
        self.settings = settings
        self.tokens = tokens
        self.team = team
    }

    public var isFinished: Bool { step == settings.steps }

    /// The weights after the steps taken, in the order of `ParameterLayout`.
    public func weights() -> [Float] {
        gpt.weights.buffer.values(0..<gpt.weights.buffer.count)
    }

    /// Where the weights are: further steps change them, and they may outlive the trainer.
    public var weightsBuffer: FloatBuffer { gpt.weights.buffer }

    /// Takes the next step.
    ///
    /// A step that fails changes neither weights nor moments.
    @discardableResult
    public func takeStep() throws(TrainingFailure) -> StepReport {
        guard !isFinished else { throw .alreadyFinished(steps: settings.steps) }
        let loss = accumulateGradients()
        guard loss.isFinite else { throw .nonFiniteLoss(step: step, place: gpt.firstNonFinite) }
        let gradients = backpropagation.gradients.buffer
        proximal?.add(to: gradients, weights: gpt.weights.buffer)
        let norm = optimizer.norm(of: gradients)
        guard norm.isFinite else {
            throw .nonFiniteGradient(
                step: step, tensor: optimizer.firstNonFinite(in: gradients) ?? "all tensors together")
        }
        let rate = settings.schedule.rate(step: step, firstStep: settings.firstStep)
        optimizer.step(
            step + 1, weights: gpt.weights.buffer, gradients: gradients, norm: norm, learningRate: rate)
        step += 1
        losses.append(Float(loss))
        if TrainingTrace.isDue(after: step, of: settings.steps) { trace.append(gpt.weights.buffer.digest(on: team)) }
        return StepReport(
            step: step, loss: Float(loss), gradientNorm: norm, learningRate: rate,
            tokens: settings.batchSize * settings.sequenceLength)
    }

    /// Gradients of the mean cross-entropy over the step's batch.
    /// - Returns: that mean.
    private func accumulateGradients() -> Double {
        let (length, size) = (settings.sequenceLength, settings.microBatchSize)
        let count = settings.batchSize * length
        var sum = 0.0
        for first in stride(from: 0, to: settings.batchSize, by: size) {
            var inputs: [UInt32] = []
            var targets: [UInt32] = []
            for sequence in first..<first + size {
                let start = order.start(ofSequence: step * settings.batchSize + sequence)
                inputs += tokens[start..<start + length]
                targets += tokens[start + 1...start + length]
            }
            gpt.forward(inputs, length: length)
            sum += backpropagation.backward(targets, scale: 1 / Float(count), adding: first > 0)
        }
        return sum / Double(count)
    }
}

/// What a step did.
public struct StepReport: Hashable, Sendable {
    /// Steps taken, this one included.
    public var step: Int
    /// Mean cross-entropy of the batch before the step, in nats per token.
    public var loss: Float
    /// Global L2 norm of the gradient before clipping.
    public var gradientNorm: Double
    public var learningRate: Double
    /// Tokens predicted in this step.
    public var tokens: Int
}

extension FloatBuffer {
    /// Digest of the digests of all pieces, little-endian single precision: all threads take part.
    func digest(on team: ThreadTeam) -> Digest {
        let pieces = pieces
        let digests = Mutex([Digest](repeating: .zero, count: pieces.count))
        team.run(slices: pieces.count) { slice, _ in
            var hasher = DigestHasher()
            withBytes(of: pieces[slice]) { hasher.update(UnsafeRawBufferPointer($0)) }
            let digest = hasher.finish()
            digests.withLock { $0[slice] = digest }
        }
        return Digest(of: digests.withLock { $0 }.flatMap(\.bytes))
    }

    /// All of it, about a million numbers at a time.
    var pieces: [Range<Int>] {
        stride(from: 0, to: count, by: 1 << 20).map { $0..<min($0 + 1 << 20, count) }
    }
}
