import ArgumentParser

/// Training steps beside PyTorch's.
struct PeersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peers", abstract: "Runs training steps and PyTorch's in turns and prints tables of ratios.",
        discussion: "From the repository's folder; Benchmarks/peers/train.sh installs what it needs.")

    @OptionGroup var turns: Turns

    @OptionGroup var selection: ShapeSelection

    @Option(parsing: .upToNextOption, help: "Numbers of threads.")
    var threads = [2, 1]

    @Option(help: "Path of a Python that has PyTorch.")
    var python: String

    @Flag(help: "Without compiled PyTorch, whose first step takes half a minute.")
    var eager = false

    mutating func run() throws {
        let variants = PyTorchVariant.allCases.filter { !eager || !$0.isCompiled }
        let tables = PeersTables(variants: variants, seconds: turns.seconds, python: python)
        var measured = Measurements()
        var rows: [PeersTables.Row] = []
        for shape in selection.shapes {
            for threads in threads {
                rows.append(PeersTables.Row(shape: shape, threads: threads))
                measured.merge(try turns.measure(tables.runs(rows[rows.count - 1])))
            }
        }
        for table in [tables.speed(rows, measured), tables.memory(rows, measured)] { table.show() }
    }
}
