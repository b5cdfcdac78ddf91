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
        /// The update, where it depends on the unit alone.
        var archive: [UInt8]?
        var judged: JudgedUpdate?

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
        result.archive = archive
        result.judged = try JudgedUpdate(
            archive, answering: unit, named: digest, base: base.weights, trace: result.trace)
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

/// Threads that compute units ahead of the simulation, those that it needs first at first.
///
/// The simulation's own thread computes too: a result that it needs and nobody has begun, and, while it waits for another
/// thread, what is needed next. With one thread nothing is computed ahead, and nothing in vain.
final class TrainingPool: Sendable {
    private struct State {
        var waiting: [AssignmentID: (unit: UnitTraining, needed: Double)] = [:]
        /// Computed, or being computed, ahead of the simulation.
        var ahead: Set<AssignmentID> = []
        var helpers = 0

        /// What is needed first, unless as many results wait as may.
        mutating func take(most: Int) -> UnitTraining? {
            let first = waiting.min { ($0.value.needed, $0.key) < ($1.value.needed, $1.key) }
            guard let first, ahead.count < most else { return nil }
            waiting[first.key] = nil
            ahead.insert(first.key)
            return first.value.unit
        }
    }

    private let helpers: Int
    /// Results that may wait for the simulation.
    private let mostAhead: Int
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "units", attributes: .concurrent)

    /// Bytes of results that may wait for the simulation, where eight for each thread would be less.
    private static let usualBytesAhead = 64 << 20

    /// - Parameters:
    ///   - threads: that compute, the simulation's own among them.
    ///   - parameterCount: of each result.
    init(threads: Int, parameterCount: Int) {
        helpers = threads - 1
        let usual = Self.usualBytesAhead / (MemoryLayout<Float>.stride * parameterCount)
        mostAhead = helpers * max(8, usual)
    }

    /// - Parameter needed: when the simulation needs the result, in simulated seconds.
    func add(_ unit: UnitTraining, as assignment: AssignmentID, needed: Double) {
        state.withLock { $0.waiting[assignment] = (unit, needed) }
        callHelper()
    }

    /// Takes a unit out: nobody waits for it, or the simulation is about to compute it itself.
    func remove(_ assignment: AssignmentID) {
        state.withLock { state in
            state.waiting[assignment] = nil
            state.ahead.remove(assignment)
        }
        callHelper()
    }

    /// The result of a unit that was taken out.
    func result(of unit: UnitTraining) throws -> UnitTraining.Result {
        while unit.isBegun, let next = state.withLock({ $0.take(most: mostAhead) }) { next.runIfWaiting() }
        return try unit.result()
    }

    private func callHelper() {
        let isNeeded = state.withLock { state in
            guard state.helpers < helpers, !state.waiting.isEmpty, state.ahead.count < mostAhead else { return false }
            state.helpers += 1
            return true
        }
        if isNeeded { queue.async { self.help() } }
    }

    /// Computes as long as there is something to do, and few results wait.
    private func help() {
        while let unit = next() { unit.runIfWaiting() }
    }

    private func next() -> UnitTraining? {
        state.withLock { state in
            let unit = state.take(most: mostAhead)
            if unit == nil { state.helpers -= 1 }
            return unit
        }
    }
}
