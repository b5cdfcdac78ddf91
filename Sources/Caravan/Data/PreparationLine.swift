import Datasets
import Foundation
import Pages

/// Shows how far a preparation is, with its rate and the time left, on one line of the terminal.
final class PreparationLine {
    private let clock = ContinuousClock()
    private var stage: PreparationProgress.Stage?
    private var start: (time: ContinuousClock.Instant, done: Int)
    private var shownAt: ContinuousClock.Instant?

    init() {
        start = (clock.now, 0)
    }

    func show(_ progress: PreparationProgress) {
        let now = clock.now
        if progress.stage != stage {
            stage = progress.stage
            start = (now, progress.done)
            shownAt = nil
        }
        guard shownAt.map({ now - $0 > .milliseconds(100) }) ?? true || progress.done == progress.total else { return }
        shownAt = now
        Terminal.show(progress: line(progress, seconds: (now - start.time) / .seconds(1)))
    }

    /// A bar with figures, such as `reading  ██████··  12.3 MB of 16.3 MB  41.0 MB/s  0:01 left`.
    private func line(_ progress: PreparationProgress, seconds: Double) -> String {
        let share = Double(progress.done) / Double(max(progress.total, 1))
        let filled = min(max(Int(24 * share), 0), 24)
        let bar = String(repeating: "█", count: filled) + String(repeating: "·", count: 24 - filled)
        let rate = Double(progress.done - start.done) / max(seconds, 1e-3)
        let left = rate > 0 ? Int(Double(max(progress.total - progress.done, 0)) / rate) : 0
        let figures =
            progress.isInBytes
            ? "\(Figures.bytes(progress.done)) of \(Figures.bytes(progress.total))  \(Figures.bytes(Int(rate)))/s" : ""
        return "\(progress.stage.title)  \(bar)  \(figures)  \(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60) left"
    }
}

extension PreparationProgress.Stage {
    var title: String {
        switch self {
        case .reading: "reading"
        case .comparing: "comparing"
        case .learningTokens: "learning tokens"
        case .encoding: "encoding"
        case .packing: "packing"
        }
    }
}
