import Foundation
import Synchronization

/// Whether a signal asked the worker to save and stop.
enum StopRequest {
    private static let flag = Atomic(false)

    static var isRaised: Bool { flag.load(ordering: .relaxed) }

    static func listen() {
        // Initialised here and not in the handler, which may do no more than raise it.
        flag.store(false, ordering: .relaxed)
        signal(SIGPIPE, SIG_IGN)
        // Whoever started the worker may have left them blocked.
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM] {
            sigaddset(&signals, number)
            signal(number) { number in
                StopRequest.flag.store(true, ordering: .relaxed)
                // The second one ends the process at once.
                signal(number, SIG_DFL)
            }
        }
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }
}
