import ArgumentParser
import Foundation

/// How often and how long each process measures.
struct Turns: ParsableArguments {
    @Option(help: "How often each process runs. Ratios are taken turn by turn.")
    var turns = 3

    @Option(help: "Seconds that each process measures for, at least three steps.")
    var seconds = 6.0

    @Flag(help: "Measure without waiting for an idle machine.")
    var busy = false

    func validate() throws {
        guard turns >= 1 else { throw ValidationError("--turns \(turns): at least 1") }
    }

    /// Runs all processes once in each turn, every other turn backwards.
    func measure(_ runs: [Run]) throws -> Measurements {
        var measurements = Measurements()
        for turn in 0..<turns {
            report("turn \(turn + 1) of \(turns)")
            for run in turn.isMultiple(of: 2) ? runs : runs.reversed() {
                measurements.add(try figures(of: run), of: run)
            }
        }
        return measurements
    }

    /// Runs one process when the machine is idle, and says so.
    func figures(of run: Run) throws -> [Figures] {
        if !busy, !ProcessorLoad.waitUntilIdle(atMost: 120) { report("not idle after two minutes: measuring anyway") }
        report("\(run)")
        return try run.figures()
    }

    private func report(_ line: String) {
        FileHandle.standardError.write(Data("# \(line)\n".utf8))
    }
}

/// The figures of each process, turn by turn.
struct Measurements {
    private var figures: [Run: [Figures]] = [:]

    /// Of several lines, the last one counts.
    mutating func add(_ lines: [Figures], of run: Run) {
        if let line = lines.last { figures[run, default: []].append(line) }
    }

    mutating func merge(_ other: Measurements) {
        figures.merge(other.figures) { $0 + $1 }
    }

    subscript(_ run: Run, _ key: String) -> [Double] {
        figures[run, default: []].map { $0[key] }
    }

    func ratio(_ key: String, of run: Run, to other: Run) -> Spread {
        Spread(ratioOf: self[run, key], to: self[other, key])
    }
}
