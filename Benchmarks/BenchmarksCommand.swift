import ArgumentParser

@main
struct BenchmarksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "caravan-benchmarks",
        abstract: "Measures Caravan on this machine.",
        discussion: "Each measurement prints one line of figures; `tables` runs them in turns and prints the ratios.",
        subcommands: [
            MachineBenchmark.self, FloorBenchmark.self, TrainBenchmark.self, WorkerBenchmark.self, ShardBenchmark.self,
            ContendedBenchmark.self, TokenizerBenchmark.self, DuplicatesBenchmark.self, MergeBenchmark.self,
            StepBenchmark.self, ChecksBenchmark.self, RequestsBenchmark.self, RoundsBenchmark.self, BusyCommand.self,
            TablesCommand.self,
            PeersCommand.self,
        ])
}
