import ArgumentParser
import WorkUnits

/// What is measured, and on how many threads.
struct Workload: ParsableArguments {
    @Option(help: "What is trained.")
    var shape = Shape.small

    @Option(help: "Threads that compute.")
    var threads = 2

    @Option(help: "Sequences of a step. Default: the shape's own.")
    var batch: Int?

    func validate() throws {
        guard threads >= 1 else { throw ValidationError("--threads \(threads): at least 1") }
        guard sequences >= 1 else { throw ValidationError("--batch \(sequences): at least 1") }
    }

    var sequences: Int { batch ?? shape.batch }
    var tokens: Int { sequences * shape.length }
}

extension Numerics: ExpressibleByArgument {}
extension ActivationPrecision: ExpressibleByArgument {}
extension Recompute: ExpressibleByArgument {}
