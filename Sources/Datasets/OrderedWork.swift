import Foundation

/// A stream of values, transformed on several threads and consumed in the order of the stream.
enum OrderedWork {
    /// - Parameters:
    ///   - threads: how many values are transformed at once. Twice as many wait or are ready, so memory is bounded.
    ///   - next: gives the next value, or nil after the last. Called on the calling thread alone, like `consume`.
    /// - Throws: the first error in the order of the stream; nothing runs any more when it is thrown.
    static func run<Input: Sendable, Output: Sendable>(
        threads: Int, next: () throws -> Input?, transform: @escaping @Sendable (Input) throws -> Output,
        consume: (Output) throws -> Void
    ) throws {
        let queue = OperationQueue()
        queue.maxConcurrentOperationCount = threads
        defer {
            queue.cancelAllOperations()
            queue.waitUntilAllOperationsAreFinished()
        }
        var waiting: [Slot<Output>] = []
        var isExhausted = false
        while true {
            while !isExhausted, waiting.count < 2 * threads {
                guard let input = try next() else {
                    isExhausted = true
                    break
                }
                let slot = Slot<Output>()
                queue.addOperation { slot.fill(Result { try transform(input) }) }
                waiting.append(slot)
            }
            guard !waiting.isEmpty else { return }
            try consume(try waiting.removeFirst().value().get())
        }
    }
}

/// A result that one thread waits for and another brings.
// SAFETY: the semaphore orders the one write before the one read.
private final class Slot<Value: Sendable>: @unchecked Sendable {
    private let isFilled = DispatchSemaphore(value: 0)
    private var result: Result<Value, any Error>?

    func fill(_ result: Result<Value, any Error>) {
        self.result = result
        isFilled.signal()
    }

    func value() -> Result<Value, any Error> {
        isFilled.wait()
        guard let result else { preconditionFailure("signalled after it was filled") }
        return result
    }
}
