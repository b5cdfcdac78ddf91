/// A step of ours against PyTorch's.
struct PeersTables {
    let variants: [PyTorchVariant]
    let seconds: Double
    let python: String

    struct Row {
        let shape: Shape
        let threads: Int
    }

    /// What runs in turns for a row.
    func runs(_ row: Row) -> [Run] { [ours(row)] + variants.map { theirs($0, row) } }

    func speed(_ rows: [Row], _ measured: Measurements) -> MarkdownTable {
        var table = MarkdownTable(
            title: "Training steps beside PyTorch's, tokens per second",
            caption: """
                Ratios to the better of eager and compiled in each turn: as PyTorch is installed, and with an allocator that keeps \
                memory. To reach: 1.1, on S 1.25; tuned 1.0.
                """,
            header: ["shape", "threads", "Caravan"] + variants.map(\.rawValue) + ["over PyTorch", "over tuned"])
        let key = "tokensPerSecond"
        for row in rows {
            let ours = measured[ours(row), key]
            table.rows.append(
                [row.shape.rawValue, "\(row.threads)", ours.cell]
                    + variants.map { measured[theirs($0, row), key].cell }
                    + [PyTorchVariant.asInstalled, PyTorchVariant.tuned].map { group in
                        Spread(ratioOf: ours, to: best(of: group, row, key, measured, by: max)).description
                    })
        }
        return table
    }

    func memory(_ rows: [Row], _ measured: Measurements) -> MarkdownTable {
        var table = MarkdownTable(
            title: "Peak memory beside PyTorch's",
            caption: """
                In MB (2²⁰ bytes): ours, the smaller of eager and compiled as installed, and what PyTorch has after its import. \
                To reach: 0.45.
                """,
            header: ["shape", "threads", "Caravan", "PyTorch", "of PyTorch", "its import"])
        let key = "peakMegabytes"
        for row in rows {
            let ours = measured[ours(row), key]
            let theirs = best(of: PyTorchVariant.asInstalled, row, key, measured, by: min)
            table.rows.append([
                row.shape.rawValue, "\(row.threads)", ours.cell, theirs.cell,
                Spread(ratioOf: ours, to: theirs).description,
                measured[self.theirs(.eager, row), "importMegabytes"].cell,
            ])
        }
        return table
    }

    private func ours(_ row: Row) -> Run { .train(row.shape, threads: row.threads, seconds: seconds) }

    private func theirs(_ variant: PyTorchVariant, _ row: Row) -> Run {
        variant.run(row.shape, threads: row.threads, seconds: seconds, python: python)
    }

    /// The best of a group's variants in each turn.
    private func best(
        of group: [PyTorchVariant], _ row: Row, _ key: String, _ measured: Measurements,
        by choose: (Double, Double) -> Double
    ) -> [Double] {
        let values = group.filter(variants.contains).map { measured[theirs($0, row), key] }
        return values.dropFirst().reduce(values.first ?? []) { zip($0, $1).map(choose) }
    }
}
