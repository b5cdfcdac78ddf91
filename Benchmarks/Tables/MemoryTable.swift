import WorkUnits

/// What keeping less of the activations costs and saves.
///
/// Activations are what the trainer counts while it allocates them; the peak beside them is what the system saw.
struct MemoryTable {
    let shape: Shape
    /// Sequences of the step, all held at once.
    let batch: Int
    let threads: Int
    let seconds: Double

    private struct Way: Hashable {
        var recompute = Recompute.none
        var activations = ActivationPrecision.float32
    }

    private let ways =
        Recompute.allCases.map { Way(recompute: $0) } + [Way(activations: .bfloat16)]

    var runs: [Run] { ways.map(run) }

    func table(_ measured: Measurements) -> MarkdownTable {
        var table = MarkdownTable(
            title: "\(shape.rawValue) with \(batch) sequences: recomputation and bfloat16",
            caption: """
                On \(threads) threads. Time and activations relative to the first row. To reach: recompute block takes at most \
                1.33 of the time and 0.35 of the activations, bfloat16 0.55 of the activations.
                """,
            header: [
                "recompute", "activations", "tokens per second", "time", "peak, MB", "told before, MB",
                "activations, MB", "of the first",
            ])
        let whole = run(Way())
        for way in ways {
            let run = run(way)
            table.rows.append([
                way.recompute.rawValue, way.activations.rawValue, measured[run, "tokensPerSecond"].cell,
                "\(measured.ratio("medianMilliseconds", of: run, to: whole))", measured[run, "peakMegabytes"].cell,
                measured[run, "neededMegabytes"].cell, measured[run, "activationMegabytes"].cell,
                "\(measured.ratio("activationMegabytes", of: run, to: whole))",
            ])
        }
        return table
    }

    private func run(_ way: Way) -> Run {
        .train(
            shape, threads: threads, seconds: seconds,
            [
                "--batch", "\(batch)", "--recompute", way.recompute.rawValue,
                "--activations", way.activations.rawValue,
            ])
    }
}
