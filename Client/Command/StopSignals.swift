import Dispatch
import Foundation
import Synchronization

/// Calls a function at the first SIGINT or SIGTERM; at the second one the program ends at once.
final class StopSignals {
    private let sources: [any DispatchSourceSignal]

    init(_ stop: @escaping @Sendable () -> Void) {
        let isFirst = Mutex(true)
        sources = [SIGINT, SIGTERM].map { number in
            #if canImport(Darwin)
            // Elsewhere a signal source blocks the signal by itself.
            signal(number, SIG_IGN)
            #endif
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler {
                let first = isFirst.withLock { isFirst in
                    defer { isFirst = false }
                    return isFirst
                }
                guard first else { _exit(128 + number) }
                stop()
            }
            source.activate()
            return source
        }
    }

    func end() {
        for source in sources { source.cancel() }
    }
}
