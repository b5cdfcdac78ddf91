import Dispatch
import Synchronization

/// Items 0 ..< count, computed by several threads and taken up one after the other in order.
///
/// A thread keeps its result until the turn of its item has come. So no more than `threads` results exist at a time, and
/// what is made of them depends on no thread and no clock.
enum IndexedWork {
    /// - Parameters:
    ///   - compute: called on any thread, on several at once.
    ///   - takeUp: called for item 0, then 1, and so on, never twice at once.
    /// - Throws: what the first item in order threw; nothing after it is taken up.
    static func run<Output>(
        items: Int, threads: Int, compute: @Sendable (Int) throws -> Output,
        takeUp: (Int, Output) throws -> Void
    ) throws {
        guard items > 0 else { return }
        let workers = max(1, min(threads, items))
        let progress = Progress()
        // Item i waits for turn i mod workers, which nobody else waits for: i + workers is begun after i was taken up.
        let turns = (0..<workers).map { _ in DispatchSemaphore(value: 0) }
        turns[0].signal()
        withoutActuallyEscaping(takeUp) { takeUp in
            // SAFETY: called between the wait for a turn and the signal of the next, by one thread at a time.
            nonisolated(unsafe) let takeUp = takeUp
            DispatchQueue.concurrentPerform(iterations: workers) { _ in
                while let item = progress.next(below: items) {
                    let output = Result { try compute(item) }
                    turns[item % workers].wait()
                    if !progress.hasFailed {
                        do {
                            try takeUp(item, output.get())
                        } catch {
                            progress.fail(error)
                        }
                    }
                    turns[(item + 1) % workers].signal()
                }
            }
        }
        if let failure = progress.failure { throw failure }
    }
}

/// Which item is next, and what went wrong first.
private final class Progress: Sendable {
    private struct State {
        var next = 0
        var failure: (any Error)?
    }

    private let state = Mutex(State())

    var failure: (any Error)? { state.withLock { $0.failure } }
    var hasFailed: Bool { state.withLock { $0.failure != nil } }

    func fail(_ error: any Error) {
        state.withLock { $0.failure = error }
    }

    func next(below count: Int) -> Int? {
        state.withLock { state in
            guard state.failure == nil, state.next < count else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }
}
