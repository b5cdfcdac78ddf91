import Dispatch

/// A place for long computations, one after the other, off the threads that answer requests: however many updates
/// arrive at once, judging them takes one processor and the server goes on answering.
struct Workbench: Sendable {
    private let queue: DispatchQueue

    init(_ label: String) {
        queue = DispatchQueue(label: label)
    }

    func run<Value: Sendable>(_ job: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result(catching: job)) }
        }
    }
}
