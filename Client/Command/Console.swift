import Foundation
import Synchronization
import Volunteer
import WorkUnits

/// Tells a person what happens: a line for each event, and a live line for progress where there is a terminal.
final class Console: Sendable {
    private let isTerminal = isatty(STDOUT_FILENO) == 1
    private let state = Mutex(State())

    private struct State {
        /// Width of the live line that is shown.
        var live = 0
        /// The last quarter that was told, where there is no terminal.
        var quarter = 0
    }

    func show(_ report: VolunteerReport) {
        switch report {
        case .started(let project, let host): line("host \(host.short) '\(project.hostName)' works for \(project.url)")
        case .proving(let bits): line("computing a proof of work of \(bits) bits, once, to join")
        case .registered(let project): line("project '\(project.name)'")
        case .assigned(let assignment):
            line(
                "unit \(assignment.unit.short) on version \(assignment.base.version), due \(assignment.deadline.local)")
        case .downloading(let done, let total):
            progress("downloading", done, total, "\(done.asBytes) of \(total.asBytes)")
        case .training(let step):
            let numbers = String(format: "loss %.4f, %.0f tokens/s", step.loss, step.tokensPerSecond)
            progress("training", step.step, step.of, "step \(step.step) of \(step.of), \(numbers)")
        case .uploading(let done, let total): progress("uploading", done, total, "\(done.asBytes) of \(total.asBytes)")
        case .judged(let reply):
            switch reply.verdict {
            case .accepted: line("accepted: contribution \(reply.height) of the run")
            case .uncounted(because: .newcomer):
                line("accepted: earns credit; a new host's answer counts once another came to the same")
            case .uncounted(because: .audit):
                line("accepted: earns credit; it was compared with the answer of another host")
            case .uncounted(because: .late): line("accepted: earns credit, but came too late to count in the run")
            case .inconclusive: line("received: counts when another host finds the same")
            case .rejected(let reason): line("rejected: \(reason)")
            }
        case .pausing(_, after: .runFinished): line("finished: the run has reached its last version")
        case .pausing(let pause, _): line("waiting until \(pause.until.local): \(pause.reason)")
        }
    }

    func line(_ text: String) {
        state.withLock { state in
            clear(&state)
            state.quarter = 0
            write("\(text)\n")
        }
    }

    /// Leaves the cursor on a line of its own.
    func end() {
        state.withLock { clear(&$0) }
    }

    private func progress(_ name: String, _ done: Int, _ total: Int, _ detail: String) {
        state.withLock { state in
            let text = "\(name): \(detail)"
            if isTerminal {
                write("\r\(text)\(String(repeating: " ", count: max(state.live - text.count, 0)))")
                state.live = text.count
            } else {
                let quarter = total > 0 ? min(done * 4 / total, 4) : 4
                if quarter == state.quarter { return }
                state.quarter = quarter
                if quarter > 0 { write("\(text)\n") }
            }
        }
    }

    private func clear(_ state: inout State) {
        if state.live > 0 { write("\r\(String(repeating: " ", count: state.live))\r") }
        state.live = 0
    }

    /// At once, and without an error when nobody reads any more: the work matters more than the words.
    private func write(_ text: String) {
        try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    }
}

extension Timestamp {
    /// Such as `14:05:09`, or with the day in front when it is not within a day.
    var local: String {
        let date = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
        let formatter = DateFormatter()
        formatter.dateFormat = abs(date.timeIntervalSinceNow) < 43_200 ? "HH:mm:ss" : "yyyy-MM-dd HH:mm"
        return formatter.string(from: date)
    }
}

extension Int {
    /// A number of bytes, such as `1.5 MB`.
    var asBytes: String {
        var value = Double(self)
        var unit = "B"
        for next in ["kB", "MB", "GB", "TB"] where value >= 1000 {
            value /= 1000
            unit = next
        }
        return String(format: unit == "B" ? "%.0f %@" : "%.1f %@", value, unit)
    }
}
