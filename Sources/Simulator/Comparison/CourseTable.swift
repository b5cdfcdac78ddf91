import Pages

/// Courses as lines of text, one beside the other.
public enum CourseTable {
    /// The versions of one course as they come: a heading, then a line for each.
    public static let versionHeading = row(
        ["version", "height", "val. loss", "bits/byte", "stale", "counted", "up", "down", "hours"], versionWidths)

    private static let versionWidths = [7, 8, 9, 9, 6, 8, 9, 9, 9]

    public static func row(_ record: VersionRecord) -> String {
        row(
            [
                "\(record.version)", "\(record.height)", figure(record.measured?.loss, 4),
                figure(record.measured?.bitsPerByte, 4), Figures.decimal(record.staleness, 2),
                Figures.share(record.efficiency), Figures.bytes(record.bytesUp), Figures.bytes(record.bytesDown),
                Figures.decimal(record.hours, 1),
            ], versionWidths)
    }

    /// One line for each course: where it ended, and its loss against the first one's.
    public static func lines(_ courses: [Course]) -> [String] {
        markdown(
            [
                "", "val. loss", "against", "average", "bits/byte", "tokens", "up", "down", "hours", "stale",
                "counted",
            ], rows(courses))
    }

    static func rows(_ courses: [Course]) -> [[String]] {
        let hasAverage = courses.contains { $0.records.last?.measured?.averageLoss != nil }
        return courses.map { course in
            guard let last = course.records.last else { return [course.name] }
            let first = courses.first?.loss
            let against = course.loss.flatMap { loss in first.map { loss / $0 - 1 } }
            return [
                course.name + note(course.ending, version: last.version),
                figure(course.loss, 4),
                against.map { ($0 >= 0 ? "+" : "") + Figures.decimal(100 * $0, 2) + "%" } ?? "–",
                hasAverage ? figure(last.measured?.averageLoss, 4) : "–", figure(last.measured?.bitsPerByte, 4),
                Figures.count(last.tokens), Figures.bytes(last.bytesUp), Figures.bytes(last.bytesDown),
                Figures.decimal(last.hours, 1),
                Figures.decimal(
                    course.records.dropFirst().reduce(0) { $0 + $1.staleness }
                        / Double(max(course.records.count - 1, 1)), 2),
                Figures.share(last.efficiency),
            ]
        }
    }

    private static func note(_ ending: Course.Ending, version: Int) -> String {
        switch ending {
        case .finished: ""
        case .stopped: " (stopped at version \(version))"
        case .failed: " (failed after version \(version))"
        }
    }

    private static func figure(_ value: Double?, _ places: Int) -> String {
        value.map { Figures.decimal($0, places) } ?? "–"
    }

    private static func row(_ cells: [String], _ widths: [Int]) -> String {
        zip(cells, widths).map { String(repeating: " ", count: max(0, $1 - $0.count)) + $0 }.joined(separator: "  ")
    }

    /// A heading and rows, the first column to the left, the others to the right. Markdown, so that a table can go into a
    /// document as it is.
    static func markdown(_ heading: [String], _ rows: [[String]]) -> [String] {
        let widths = heading.indices.map { column in
            ([heading] + rows).map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            let padded = widths.indices.map { column in
                let cell = cells.indices.contains(column) ? cells[column] : ""
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + space : space + cell
            }
            return "| " + padded.joined(separator: " | ") + " |"
        }
        let rule = widths.enumerated().map { String(repeating: "-", count: $1 + 1) + ($0 == 0 ? "-" : ":") }
        return [line(heading), "|" + rule.joined(separator: "|") + "|"] + rows.map(line)
    }
}
