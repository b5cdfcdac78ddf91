import Checkpoints
import Dispatch
import Synchronization
import Training
import WorkUnits

/// A unit's computation: begun by whoever has time, at the latest by the one that needs it. Its result depends on its inputs
/// alone, so it does not matter who computes it, or when.
final class UnitTraining: Sendable {
    /// New weights − base, and the loss of each step.
    struct Result: Sendable {
        var difference: [Float]
        var losses: [Float] = []
        var trace = TrainingTrace()
        /// Where it depends on the unit alone.
        var update: (archive: [UInt8], judged: JudgedUpdate)?

        func manifest(answering unit: WorkUnit, named digest: Digest) -> UpdateManifest {
            UpdateManifest(
                answering: unit, named: digest, parameterCount: difference.count, losses: losses,
                trace: trace.commitment)
        }
    }

    private let unit: WorkUnit
    private let digest: Digest
    private let base: SimulatedVersion
    private let tokens: [UInt32]
    private let cheat: Cheat?
    private let state = Mutex(State.waiting)
    private let done = DispatchSemaphore(value: 0)

    private enum State {
        case waiting
        case begun
        case ended(Swift.Result<Result, any Error>)
    }

    /// - Parameters:
    ///   - digest: of the unit's archive.
    ///   - cheat: how the host trains otherwise than it should; nil as it should.
    init(_ unit: WorkUnit, named digest: Digest, base: SimulatedVersion, tokens: [UInt32], cheat: Cheat? = nil) {
        self.unit = unit
        self.digest = digest
        self.base = base
        self.tokens = tokens
        self.cheat = cheat
    }

    /// Computes on this thread unless another has begun.
    func runIfWaiting() {
        let isMine = state.withLock { state in
            guard case .waiting = state else { return false }
            state = .begun
            return true
        }
        guard isMine else { return }
        let result = Swift.Result { try compute() }
        state.withLock { $0 = .ended(result) }
        done.signal()
    }

    var isBegun: Bool { state.withLock { if case .begun = $0 { true } else { false } } }

    /// The result; computes it on this thread unless another has begun.
    func result() throws -> Result {
        runIfWaiting()
        done.wait()
        done.signal()
        guard case .ended(let result) = state.withLock({ $0 }) else { preconditionFailure("signalled at the end") }
        return try result.get()
    }

    private func compute() throws -> Result {
        var result = try train()
        if let cheat { result.pretend(unit.training.steps, as: "\(cheat) of unit \(digest)") }
        guard !unit.errorFeedback else { return result }
        let archive = try UpdateArchive.encode(
            result.manifest(answering: unit, named: digest), difference: result.difference)
        let judged = try JudgedUpdate(
            archive, answering: unit, named: digest, base: base.weights, trace: result.trace)
        result.update = (archive, judged)
        return result
    }

    private func train() throws -> Result {
        let steps = cheat?.steps(of: unit.training.steps) ?? unit.training.steps
        let start = try base.weights.all()
        guard steps > 0 else { return Result(difference: Array(repeating: 0, count: start.count)) }
        let trainer = try Trainer(
            model: base.weights.model, settings: cheat?.change(unit.training) ?? unit.training,
            weights: cheat?.change(weights: start) ?? start, tokens: tokens, threads: 1)
        while trainer.step < steps { try trainer.takeStep() }
        let difference = zip(trainer.weights(), start).map { $0 - $1 }
        return Result(
            difference: cheat?.change(difference: difference) ?? difference, losses: trainer.losses,
            trace: trainer.trace)
    }
}
