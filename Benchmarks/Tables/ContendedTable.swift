/// Several threads against one while a foreign process keeps a core busy.
struct ContendedTable {
    let shapes: [Shape]
    let threads: Int

    func table(_ turns: Turns) throws -> MarkdownTable {
        var table = MarkdownTable(
            title: "Beside a foreign process that keeps one core busy",
            caption: "Mean milliseconds of a step, canonical. Speed of \(threads) threads over one. To reach: 0.95.",
            header: ["shape", "nice", "1 thread", "\(threads) threads", "\(threads) over 1"])
        for shape in shapes {
            for line in try turns.figures(of: .contended(shape, threads: threads, turns)) {
                let ratio = Spread([line["lowest"], line["ratio"], line["highest"]])
                table.rows.append([
                    shape.rawValue, line["nice"].formatted(digits: 0), [line["oneThreadMilliseconds"]].cell,
                    [line["milliseconds"]].cell, "\(ratio)",
                ])
            }
        }
        return table
    }
}
