import Dispatch
import Synchronization

/// Loops over independent pieces of work. What comes out depends on the pieces alone, never on who computed which.
enum Parallel {
    /// Calls `body` once for each index of 0 ..< count; a worker, 0 ..< threads, calls it one index after the other.
    static func perform(_ count: Int, threads: Int, _ body: (_ index: Int, _ worker: Int) -> Void) {
        let next = Atomic<Int>(0)
        withoutActuallyEscaping(body) { body in
            // SAFETY: callers pass what several threads may call at once, for different indices and workers.
            nonisolated(unsafe) let body = body
            DispatchQueue.concurrentPerform(iterations: min(threads, count)) { worker in
                while true {
                    let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
                    guard index < count else { return }
                    body(index, worker)
                }
            }
        }
    }

    /// What `transform` gives for each input, in their order.
    static func map<Input, Output>(
        _ inputs: [Input], threads: Int, _ transform: (_ input: Input, _ worker: Int) -> Output
    ) -> [Output] {
        Array(unsafeUninitializedCapacity: inputs.count) { outputs, count in
            // SAFETY: each index is written exactly once, and `perform` returns when all are.
            nonisolated(unsafe) let outputs = outputs
            perform(inputs.count, threads: threads) { index, worker in
                outputs.initializeElement(at: index, to: transform(inputs[index], worker))
            }
            count = inputs.count
        }
    }
}
