import ArgumentParser
import Kernels

/// The least that a step can take with single-threaded OpenBLAS.
struct FloorBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "floor", abstract: "Time of a training step's own matrix products and of AdamW, alone.")

    @OptionGroup var workload: Workload

    @Option(help: "Seconds to measure for, at least three steps.")
    var seconds = 10.0

    mutating func run() {
        let floor = Floor(
            workload.shape.model, sequences: workload.sequences, length: workload.shape.length,
            team: ThreadTeam(threads: workload.threads))
        var steps: [Floor.Times] = []
        let all = measure(seconds: seconds, warmUp: 1) { steps.append(floor.step()) }
        let measured = steps.suffix(all.count)
        func median(_ part: (Floor.Times) -> Duration) -> Double { measured.map { part($0).milliseconds }.median }
        let (linear, head, attention) = (median(\.linear), median(\.head), median(\.attention))
        let adamW = median(\.adamW)
        let step = linear + head + attention + adamW
        print(
            Figures(
                "floor",
                [
                    "shape": workload.shape.rawValue, "threads": "\(workload.threads)",
                    "batch": "\(workload.sequences)", "steps": "\(measured.count)",
                    "linearMilliseconds": linear.formatted(digits: 1), "headMilliseconds": head.formatted(digits: 1),
                    "attentionMilliseconds": attention.formatted(digits: 1),
                    "adamWMilliseconds": adamW.formatted(digits: 1), "medianMilliseconds": step.formatted(digits: 1),
                    "tokensPerSecond": (Double(workload.tokens) / step * 1000).formatted(digits: 1),
                ]))
    }
}
