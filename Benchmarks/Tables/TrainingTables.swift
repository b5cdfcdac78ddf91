import WorkUnits

/// A step of each shape against its floor, against the machine, and on several threads against one.
struct TrainingTables {
    let shapes: [Shape]
    /// Several, and one.
    let threads: [Int]
    let seconds: Double

    /// What runs in turns for a shape.
    func runs(_ shape: Shape) -> [Run] {
        threads.flatMap { [floor(shape, $0), train(shape, $0, .openblas), train(shape, $0, .canonical)] }
    }

    func tables(_ measured: Measurements) -> [MarkdownTable] {
        threads.map { speed(threads: $0, measured) } + [efficiency(measured), memory(measured)]
    }

    private func floor(_ shape: Shape, _ threads: Int) -> Run {
        .floor(shape, threads: threads, seconds: seconds)
    }

    private func train(_ shape: Shape, _ threads: Int, _ numerics: Numerics) -> Run {
        .train(shape, threads: threads, seconds: seconds, ["--numerics", numerics.rawValue])
    }

    private func speed(threads: Int, _ measured: Measurements) -> MarkdownTable {
        var table = MarkdownTable(
            title: "A step on \(threads) thread\(threads == 1 ? "" : "s"), tokens per second",
            caption: """
                To reach: 0.95 of the floor, nowhere less than 0.90; canonical 0.90 of openblas on M256 and L64. The peak is that \
                of float32 multiply-adds; a token counts as 6 N + 12 L C T operations.
                """,
            header: [
                "shape", "floor", "canonical", "of the floor", "of the peak", "openblas", "of the floor",
                "canonical over openblas",
            ])
        let key = "tokensPerSecond"
        let peak = measured[.machine(threads: threads), "fmaGigaflops"].median * 1e9
        for shape in shapes {
            let floor = floor(shape, threads)
            let (openblas, canonical) = (train(shape, threads, .openblas), train(shape, threads, .canonical))
            let share = measured[canonical, key].median * shape.flopsPerToken / peak
            table.rows.append([
                shape.rawValue, measured[floor, key].cell, measured[canonical, key].cell,
                "\(measured.ratio(key, of: canonical, to: floor))", share.formatted(digits: 2),
                measured[openblas, key].cell, "\(measured.ratio(key, of: openblas, to: floor))",
                "\(measured.ratio(key, of: canonical, to: openblas))",
            ])
        }
        return table
    }

    private func efficiency(_ measured: Measurements) -> MarkdownTable {
        let many = threads.max() ?? 1
        var table = MarkdownTable(
            title: "\(many) threads against one",
            caption: "Speed on \(many) threads over \(many) times the speed on one. To reach: 0.92.",
            header: ["shape", "floor", "openblas", "canonical"])
        for shape in shapes {
            let pairs = [
                (floor(shape, many), floor(shape, 1)),
                (train(shape, many, .openblas), train(shape, 1, .openblas)),
                (train(shape, many, .canonical), train(shape, 1, .canonical)),
            ]
            let ratios = pairs.map { measured.ratio("tokensPerSecond", of: $0, to: $1) / Double(many) }
            table.rows.append([shape.rawValue] + ratios.map(\.description))
        }
        return table
    }

    private func memory(_ measured: Measurements) -> MarkdownTable {
        var table = MarkdownTable(
            title: "Memory and start",
            caption: """
                Peak resident memory in MB (2²⁰ bytes). Seconds from the start of the process to the first step, without the \
                time that making up weights and tokens took; to reach: 0.3 s.
                """,
            header: ["shape", "threads", "openblas, MB", "canonical, MB", "openblas, s", "canonical, s"])
        for shape in shapes {
            for threads in threads {
                let runs = [train(shape, threads, .openblas), train(shape, threads, .canonical)]
                let starts = runs.map { run in
                    zip(measured[run, "secondsToFirstStep"], measured[run, "secondsMakingInputs"]).map { $0 - $1 }
                }
                table.rows.append(
                    [shape.rawValue, "\(threads)"] + runs.map { measured[$0, "peakMegabytes"].cell }
                        + starts.map(\.cell))
            }
        }
        return table
    }
}
