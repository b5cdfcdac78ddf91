import Foundation
import Synchronization

/// Whether somebody asked the worker to save and stop. Raised once, by a signal or by the end of the standard input.
enum StopRequest {
    private static let flag = Atomic(false)

    static var isRaised: Bool { flag.load(ordering: .relaxed) }

    /// - Parameter toInput: whether the end of the standard input counts as well.
    static func listen(toInput: Bool) {
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
        if toInput { Thread(block: awaitEndOfInput).start() }
    }

    @Sendable private static func awaitEndOfInput() {
        var byte: UInt8 = 0
        while true {
            let count = read(STDIN_FILENO, &byte, 1)
            if count > 0 || (count < 0 && errno == EINTR) { continue }
            flag.store(true, ordering: .relaxed)
            return
        }
    }
}
