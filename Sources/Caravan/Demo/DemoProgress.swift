import Foundation
import WorkUnits

/// What the demo shows: a row for each version, and a live line between them.
struct DemoProgress {
    private var status: ServerStatus
    private let startTokens: Int
    private let start = ContinuousClock.now
    private var rows = 0
    private var seconds = 0.0

    /// - Parameter tokens: of all contributions so far.
    init(status: ServerStatus, tokens: Int) {
        self.status = status
        startTokens = tokens
    }

    var isFinished: Bool { status.finished }
    var version: Int { status.version }

    func printHeader() {
        Terminal.print()
        Terminal.print("version  height  val. loss  bits/byte  token acc.     down       up    time")
    }

    /// - Parameter training: where each volunteer stands in its unit.
    mutating func update(_ new: ServerStatus, training: [TrainingProgress]) {
        status = new
        seconds = (ContinuousClock.now - start) / .seconds(1)
        for checkpoint in status.checkpoints.dropFirst(rows) {
            Terminal.print(row(checkpoint))
            rows += 1
        }
        if !isFinished { Terminal.show(progress: liveLine(training)) }
    }

    private var isClosing: Bool { status.height == status.lastVersion * status.mergeEvery }

    private func liveLine(_ training: [TrainingProgress]) -> String {
        let steps = training.map { "\($0.step)" }.joined(separator: ", ")
        if isClosing { return "   … all contributions are in; the last version waits for open audits" }
        let speed = Int(training.map(\.tokensPerSecond).reduce(0, +))
        return "   … \(status.height % status.mergeEvery) of \(status.mergeEvery) contributions for version "
            + "\(status.version + 1)"
            + (training.first.map { "; volunteers at step \(steps) of \($0.of), \(speed) tokens/s" } ?? "")
    }

    /// - Parameter tokens: of all contributions.
    func printSummary(tokens: Int, usage: [String: ProcessUsage]) {
        let first = status.checkpoints.first?.metrics
        let last = status.checkpoints.last?.metrics
        Terminal.print("versions        \(status.checkpoints.count - 1), from \(status.height) contributions")
        if let first, let last {
            Terminal.print(
                "validation      loss \(first.loss.formatted(digits: 3)) → \(last.loss.formatted(digits: 3)) nats per token, "
                    + "\(first.bitsPerByte.formatted(digits: 3)) → \(last.bitsPerByte.formatted(digits: 3)) bits per byte"
            )
        }
        let trained = tokens - startTokens
        let rate = seconds > 0 ? Int(Double(trained) / seconds) : 0
        Terminal.print("trained         \(trained) tokens that count in \(Int(seconds)) s: \(rate) tokens/s")
        Terminal.print("moved           \(megabytes(status.bytesDown)) down, \(megabytes(status.bytesUp)) up")
        let total = usage.values.map(\.processorSeconds).reduce(0, +)
        if let server = usage["server"], total > 0 {
            let share = 100 * server.processorSeconds / total
            Terminal.print(
                "server          \(share.formatted(digits: 1)) % of the processor time, peak memory \(Int(server.peakMegabytes)) MB"
            )
        }
    }

    private func row(_ checkpoint: CheckpointSummary) -> String {
        func right(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        let metrics = checkpoint.metrics
        return [
            right("\(checkpoint.version)", 7), right("\(checkpoint.height)", 6),
            right(metrics.loss.formatted(digits: 4), 9), right(metrics.bitsPerByte.formatted(digits: 4), 9),
            right((metrics.tokenAccuracy * 100).formatted(digits: 2) + " %", 10), right(megabytes(status.bytesDown), 8),
            right(megabytes(status.bytesUp), 7), right("\(Int(seconds)) s", 6),
        ].joined(separator: "  ")
    }

    private func megabytes(_ bytes: Int) -> String { (Double(bytes) / 1e6).formatted(digits: 1) + " MB" }
}
