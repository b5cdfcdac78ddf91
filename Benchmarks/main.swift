import ArgumentParser

BenchmarksCommand.main()

struct BenchmarksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "caravan-benchmarks", abstract: "Measures Caravan on this machine.",
        subcommands: [TrainBenchmark.self])
}
