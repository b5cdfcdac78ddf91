import Cleaning
import Foundation
import Pages

extension PreparationReport {
    /// One page without scripts or anything from elsewhere.
    public var html: String {
        let page: HTML = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(title)</title>
            <style>\(PageStyle.css)</style>
            </head>
            <body>
            <p class="brand">Caravan</p>
            <h1>\(title)</h1>
            \(summarySection)
            \(sourcesSection)
            \(cleaningSection)
            \(nearSection)
            \(histogramSections)
            \(problemsSection)
            </body>
            </html>

            """
        return page.description
    }

    private var title: String { "Data: " + sources.map(\.name).joined(separator: ", ") }

    private var summarySection: HTML {
        Self.section("From files to shards", Self.table([], figures.map { [$0.name.trimmed, $0.value] }))
    }

    private var sourcesSection: HTML {
        guard sources.contains(where: { $0.license != nil || $0.origin != nil }) || sources.count > 1 else { return "" }
        return Self.section(
            "Sources",
            Self.table(
                ["", "licence", "origin", "files", "read", "kept"],
                sources.map {
                    [
                        $0.name, $0.license ?? "not stated", $0.origin ?? "not stated", "\($0.summary.files)",
                        "\($0.summary.read)", isCompared ? "\($0.summary.kept)" : "–",
                    ]
                }))
    }

    private var cleaningSection: HTML {
        let steps = cleaning.steps.map { step -> HTML in
            let samples = step.samples.map { sample -> [String] in
                let number = SampleNumber(sample.document)
                let file = files.indices.contains(number.file) ? files[number.file] : ""
                return [
                    "\((file as NSString).lastPathComponent), document \(number.document + 1)",
                    sample.before.visible, sample.after?.visible ?? "removed",
                ]
            }
            let count =
                "changed \(step.documentsChanged), removed \(step.documentsRemoved) documents; "
                + "\(step.bytesRemoved) bytes went"
            return """
                <p><strong>\(step.step.name)</strong> <span class="quiet">\(count)</span></p>
                \(samples.isEmpty ? "" : Self.table(["", "before", "after"], samples, isText: true))
                """
        }
        return steps.isEmpty ? "" : Self.section("What each cleaning step removed", "\(steps)")
    }

    private var nearSection: HTML {
        guard !nearExamples.isEmpty else { return "" }
        let rows = nearExamples.map {
            [Figures.decimal($0.similarity, 2), "\($0.origin)\n\($0.text)", "\($0.keptOrigin)\n\($0.keptText)"]
        }
        return Self.section(
            "Near-duplicates, some of them", Self.table(["similarity", "left out", "kept"], rows, isText: true))
    }

    private var histogramSections: [HTML] {
        var sections = [
            Self.section(
                "How long documents are, in bytes",
                BarChart(lengths, summary: "Histogram of document lengths") { Figures.bytes(Int($0)) }.html)
        ]
        if let packing {
            sections.append(
                Self.section(
                    "Bytes per token, document by document",
                    BarChart(packing.bytesPerToken, summary: "Histogram of bytes per token") {
                        Figures.decimal($0, 2)
                    }.html))
        }
        return sections
    }

    private var problemsSection: HTML {
        guard !problems.isEmpty else { return "" }
        let all = sources.reduce(0) { $0 + $1.summary.problems }
        return Self.section(
            all > problems.count
                ? "What could not be read: the first \(problems.count) of \(all)" : "What could not be read",
            Self.table([], problems.map { [$0] }, isText: true))
    }

    // MARK: Parts

    private static func section(_ title: String, _ content: HTML) -> HTML {
        "<section><h2>\(title)</h2>\(content)</section>"
    }

    /// - Parameter isText: whether cells hold excerpts, which break into lines, instead of figures.
    private static func table(_ head: [String], _ rows: [[String]], isText: Bool = false) -> HTML {
        let head = head.map { cell -> HTML in "<th>\(cell)</th>" }
        let open: HTML = isText ? "<td class=\"wrapped\">" : "<td>"
        let rows = rows.map { row -> HTML in "<tr>\(row.map { cell -> HTML in "\(open)\(cell)</td>" })</tr>" }
        return """
            <div class="scroll"><table>\(head.isEmpty ? "" : "<thead><tr>\(head)</tr></thead>" as HTML)
            <tbody>\(rows)</tbody></table></div>
            """
    }
}

extension BarChart {
    /// - Parameter label: writes an edge.
    fileprivate init(_ histogram: Histogram, summary: String, label: (Double) -> String) {
        let counts = histogram.counts
        let first = counts.firstIndex { $0 > 0 } ?? 0
        let last = counts.lastIndex { $0 > 0 } ?? 0
        self.init(
            summary: summary,
            bars: (first...last).map { bin in
                let low = bin > 0 ? label(histogram.edges[bin - 1]) : "0"
                let high = bin < histogram.edges.count ? "to \(label(histogram.edges[bin]))" : "and more"
                return (low, counts[bin], "\(low) \(high): \(counts[bin])")
            })
    }
}

extension String {
    fileprivate var trimmed: String { trimmingCharacters(in: .whitespaces) }

    /// With a sign for each character that would not be seen.
    fileprivate var visible: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { scalar in
                    switch scalar.value {
                    case 0x0A: scalar
                    case 0..<0x20: Unicode.Scalar(0x2400 + scalar.value) ?? scalar
                    case 0x7F: "\u{2421}"
                    case 0x80..<0xA0, 0xFFFE, 0xFFFF: "\u{FFFD}"
                    default: scalar
                    }
                }))
    }
}
