import Dispatch
import Synchronization
import WorkUnits

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

    /// A unit that waits alone is left to the simulation's own thread: it is what that needs next, and to wake another takes as
    /// long as to train a small one.
    private func callHelper() {
        let isNeeded = state.withLock { state in
            guard state.helpers < helpers, state.waiting.count > 1, state.ahead.count < mostAhead else { return false }
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
