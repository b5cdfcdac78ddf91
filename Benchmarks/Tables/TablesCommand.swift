import ArgumentParser

/// All tables of docs/performance.md, in Markdown.
struct TablesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tables", abstract: "Runs the other measurements in turns and prints tables of ratios.",
        discussion: "Each table is printed when its measurements are done; progress goes to the standard error.")

    @OptionGroup var turns: Turns

    @OptionGroup var selection: ShapeSelection

    @Option(help: "Threads that are compared with one.")
    var threads = 2

    @Flag(help: "One turn of a second over the shapes S and M256: does it all work?")
    var quick = false

    func validate() throws {
        guard threads >= 2 else { throw ValidationError("--threads \(threads): at least 2") }
    }

    mutating func run() throws {
        if quick { (turns.turns, turns.seconds, selection.shapes) = (1, 1, [.small, .medium256]) }
        let shapes = selection.shapes
        let machine = MachineTable(threads: [threads, 1])
        var measured = try turns.measure(machine.runs)
        machine.table(measured).show()

        let training = TrainingTables(shapes: shapes, threads: [threads, 1], seconds: turns.seconds)
        for shape in shapes { measured.merge(try turns.measure(training.runs(shape))) }
        for table in training.tables(measured) { table.show() }

        let memory = MemoryTable(
            shape: quick ? .medium256 : .medium1024, batch: 4, threads: threads, seconds: turns.seconds)
        if shapes.contains(memory.shape) { memory.table(try turns.measure(memory.runs)).show() }

        let contended = ContendedTable(
            shapes: shapes.filter { [.small, .medium256, .large64].contains($0) }, threads: threads)
        if !contended.shapes.isEmpty { try contended.table(turns).show() }
    }
}
