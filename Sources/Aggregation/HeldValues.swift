import Synchronization

/// Counts the values of updates that are in memory, to show that they do not grow with the number of updates.
final class HeldValues: Sendable {
    private struct State {
        var now = 0
        var most = 0
    }

    private let state = Mutex(State())

    /// The most at any time.
    var most: Int { state.withLock { $0.most } }

    /// - Parameter count: negative when values go.
    func add(_ count: Int) {
        state.withLock { state in
            state.now += count
            state.most = max(state.most, state.now)
        }
    }
}
