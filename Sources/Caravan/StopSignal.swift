import Foundation
import Synchronization

private let isRaised = Atomic<Bool>(false)

/// Notices Ctrl-C (SIGINT) and SIGTERM, so that a command can save and leave instead of being cut off.
///
/// A handler, not an ignored signal: processes that this one starts begin with the default again.
enum StopSignal {
    struct Stopped: Error {}

    static func install() {
        isRaised.store(false, ordering: .relaxed)
        for number in [SIGINT, SIGTERM] {
            signal(number) { _ in isRaised.store(true, ordering: .relaxed) }
        }
    }

    static var isStopping: Bool { isRaised.load(ordering: .relaxed) }

    /// Throws `Stopped` once a signal has come.
    static func check() throws(Stopped) {
        if isStopping { throw Stopped() }
    }
}
