import ArgumentParser
import Foundation

/// Training beside a foreign process that keeps one core busy.
struct ContendedBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contended",
        abstract: "A step on one thread and on several, beside a foreign process that computes.",
        discussion: """
            Prints a line for this process's own priority and one for nice 19. Means, not medians: a step that waited for \
            its core counts.
            """)

    @OptionGroup var workload: Workload

    @OptionGroup var turns: Turns

    mutating func run() throws {
        if !turns.busy { _ = ProcessorLoad.waitUntilIdle(atMost: 120) }
        let foreign = try Run(arguments: ["busy"]).start()
        defer { foreign.terminate() }
        var quiet = turns
        quiet.busy = true
        for nice in [0, 19] {
            let options = ["--nice", "\(nice)", "--batch", "\(workload.sequences)"]
            let one = Run.train(workload.shape, threads: 1, seconds: turns.seconds, options)
            let several = Run.train(workload.shape, threads: workload.threads, seconds: turns.seconds, options)
            let measured = try quiet.measure([one, several])
            let key = "meanMilliseconds"
            // Of speeds: above 1 when several threads are faster.
            let ratio = measured.ratio(key, of: one, to: several)
            print(
                Figures(
                    "contended",
                    [
                        "shape": workload.shape.rawValue, "threads": "\(workload.threads)",
                        "batch": "\(workload.sequences)", "nice": "\(nice)", "turns": "\(turns.turns)",
                        "oneThreadMilliseconds": measured[one, key].median.formatted(digits: 1),
                        "milliseconds": measured[several, key].median.formatted(digits: 1),
                        "ratio": ratio.median.formatted(digits: 3), "lowest": ratio.lowest.formatted(digits: 3),
                        "highest": ratio.highest.formatted(digits: 3),
                    ]))
        }
    }
}

/// The foreign process: one thread that computes until its parent has gone or stops it.
struct BusyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "busy", shouldDisplay: false)

    mutating func run() {
        let parent = getppid()
        var state: UInt64 = 1
        while getppid() == parent && state != 0 {
            for _ in 0..<1_000_000 { state = state &* 6_364_136_223_846_793_005 | 1 }
        }
    }
}
