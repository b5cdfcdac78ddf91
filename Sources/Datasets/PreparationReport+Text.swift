import Cleaning
import Deduplication
import Pages

extension PreparationReport {
    /// The figures, and the first problems, as lines for a terminal.
    public var text: String {
        (figures.map { name, value in name + String(repeating: " ", count: max(1, 14 - name.count)) + value }
            + problemLines).joined(separator: "\n")
    }

    /// Names and values, in the order of the documents' way.
    var figures: [(name: String, value: String)] {
        let summaries = sources.map(\.summary)
        let read = summaries.reduce(into: TextCount()) { $0.add($1.read) }
        let problems = summaries.reduce(0) { $0 + $1.problems }
        var figures = [
            (
                "files",
                "\(summaries.reduce(0) { $0 + $1.files }), \(Figures.bytes(summaries.reduce(0) { $0 + $1.bytes }))"
            ),
            (
                "documents",
                "\(read.description)\(problems > 0 ? "; \(problems) could not be read" : "")"
            ),
        ]
        for step in cleaning.steps where step.documentsChanged + step.documentsRemoved > 0 {
            figures.append(
                (
                    step.step.name,
                    "changed \(step.documentsChanged), removed \(step.documentsRemoved) documents, "
                        + "\(step.bytesRemoved) bytes"
                ))
        }
        if isCompared { figures += comparison(summaries) }
        if let packing { figures += packing.figures }
        return figures
    }

    private func comparison(_ summaries: [DatasetManifest.SourceSummary]) -> [(name: String, value: String)] {
        let near = similarity.map { "; similar from \(Figures.decimal($0, 2)) on: " } ?? ""
        let nearCopies = summaries.reduce(into: TextCount()) { $0.add($1.nearCopies) }
        return [
            (
                "left out",
                "copies: \(summaries.reduce(into: TextCount()) { $0.add($1.copies) })"
                    + (near.isEmpty ? "" : near + nearCopies.description)
            ),
            ("kept", summaries.reduce(into: TextCount()) { $0.add($1.kept) }.description),
        ]
            + sources.filter { sources.count > 1 && $0.summary.takenShare < 1 }.map {
                ("  \($0.name)", "\(Figures.share($0.summary.takenShare)) of it, for the mixture")
            }
    }

    private var problemLines: [String] {
        let shown = problems.prefix(10)
        let all = sources.reduce(0) { $0 + $1.summary.problems }
        return shown.map { "  \($0)" } + (all > shown.count ? ["  and \(all - shown.count) more"] : [])
    }
}

extension PreparationReport.PackingReport {
    var figures: [(name: String, value: String)] {
        let perToken = Double(training.bytes) / Double(max(training.tokens, 1))
        let stored = Double(shardBytes) / Double(max(shards * shardTokens, 1))
        return [
            ("to train on", side(training) + ", \(Figures.decimal(perToken, 2)) bytes per token"),
            ("held out", side(validation)),
            (
                "shards",
                "\(shards) of \(shardTokens) tokens, \(Figures.bytes(shardBytes)), \(Figures.decimal(stored, 2)) bytes per "
                    + "token"
            ),
        ]
    }

    private func side(_ side: DatasetManifest.Side) -> String {
        "\(side.documents) documents, \(Figures.bytes(side.bytes)), \(side.tokens) tokens"
    }
}
