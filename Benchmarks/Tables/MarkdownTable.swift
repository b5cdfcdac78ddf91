import Foundation

/// Rows under a header, padded so that the text reads as well as the page.
struct MarkdownTable: CustomStringConvertible {
    let title: String
    /// What the table shows, and the limit to reach.
    let caption: String
    let header: [String]
    var rows: [[String]] = []

    var description: String {
        let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            let padded = zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            return "| " + padded.joined(separator: " | ") + " |"
        }
        let rule = "|" + widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "|") + "|"
        return (["### \(title)", "", caption, "", line(header), rule] + rows.map(line) + [""]).joined(separator: "\n")
    }

    /// Prints the table at once, also into a pipe.
    func show() {
        FileHandle.standardOutput.write(Data("\(self)\n".utf8))
    }
}

extension Spread: CustomStringConvertible {
    /// Such as `0.96, 0.94 to 0.97`.
    var description: String {
        let range = lowest == highest ? "" : ", \(lowest.formatted(digits: 2)) to \(highest.formatted(digits: 2))"
        return median.formatted(digits: 2) + range
    }
}

extension [Double] {
    /// The median in a table: as many digits as three significant ones need.
    var cell: String { median.formatted(digits: median < 10 ? 2 : median < 100 ? 1 : 0) }
}
