import WorkUnits

/// What keeping less of the activations costs and saves.
///
/// Activations are told from the outside: of two steps over the same batch, one holds all sequences at once and one holds
/// one after the other; the difference of their peaks is the activations of all sequences but one.
struct MemoryTable {
    let shape: Shape
    /// Sequences of the step, at least 2.
    let batch: Int
    let threads: Int
    let seconds: Double

    private struct Way: Hashable {
        var recompute = Recompute.none
        var activations = ActivationPrecision.float32
    }

    private let ways =
        Recompute.allCases.map { Way(recompute: $0) } + [Way(activations: .bfloat16)]

    var runs: [Run] { ways.flatMap { [run($0, microBatch: batch), run($0, microBatch: 1)] } }

    func table(_ measured: Measurements) -> MarkdownTable {
        var table = MarkdownTable(
            title: "\(shape.rawValue) with \(batch) sequences: recomputation and bfloat16",
            caption: """
                On \(threads) threads. Time and activations relative to the first row. To reach: recompute block takes at most \
                1.33 of the time and 0.35 of the activations, bfloat16 0.55 of the activations.
                """,
            header: [
                "recompute", "activations", "tokens per second", "time", "peak, MB", "activations, MB", "of the first",
            ])
        let whole = Way()
        for way in ways {
            let run = run(way, microBatch: batch)
            table.rows.append([
                way.recompute.rawValue, way.activations.rawValue, measured[run, "tokensPerSecond"].cell,
                "\(measured.ratio("medianMilliseconds", of: run, to: self.run(whole, microBatch: batch)))",
                measured[run, "peakMegabytes"].cell, activationMegabytes(way, measured).cell,
                Spread(ratioOf: activationMegabytes(way, measured), to: activationMegabytes(whole, measured))
                    .description,
            ])
        }
        return table
    }

    private func activationMegabytes(_ way: Way, _ measured: Measurements) -> [Double] {
        let all = measured[run(way, microBatch: batch), "peakMegabytes"]
        let one = measured[run(way, microBatch: 1), "peakMegabytes"]
        return zip(all, one).map { ($0 - $1) * Double(batch) / Double(batch - 1) }
    }

    private func run(_ way: Way, microBatch: Int) -> Run {
        .train(
            shape, threads: threads, seconds: seconds,
            [
                "--batch", "\(batch)", "--micro-batch", "\(microBatch)", "--recompute", way.recompute.rawValue,
                "--activations", way.activations.rawValue,
            ])
    }
}
