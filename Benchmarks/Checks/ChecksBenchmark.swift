import ArgumentParser

/// What is looked at on every submission: what it costs, and what it finds.
struct ChecksBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checks", abstract: "Cost of the checks on every submission, and which cheats they suspect.",
        subcommands: [CheckCostBenchmark.self, CheatsBenchmark.self, DriftBenchmark.self])
}
