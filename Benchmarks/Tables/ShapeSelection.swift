import ArgumentParser

/// The shapes of a table.
struct ShapeSelection: ParsableArguments {
    @Option(parsing: .upToNextOption, help: "What is trained. Default: all but demo.")
    var shapes = Shape.allCases.filter { $0 != .demo }
}
