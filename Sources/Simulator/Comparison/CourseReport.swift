import Charts
import Pages
import WorkUnits

/// What a simulation leaves behind: pictures, a page and the numbers.
public struct CourseReport: Sendable {
    public var title: String
    public var courses: [Course]

    public init(title: String, courses: [Course]) {
        self.title = title
        self.courses = courses
    }

    /// What the loss is shown against, by the name of the picture's file.
    public enum Picture: String, CaseIterable, Sendable {
        case tokens = "loss-by-tokens"
        case bytes = "loss-by-bytes"
        case hours = "loss-by-hours"

        var label: String {
            switch self {
            case .tokens: "million tokens in contributions"
            case .bytes: "megabytes sent up and down"
            case .hours: "simulated hours"
            }
        }

        func place(_ record: VersionRecord) -> Double {
            switch self {
            case .tokens: Double(record.tokens) / 1e6
            case .bytes: Double(record.bytesUp + record.bytesDown) / 1e6
            case .hours: record.hours
            }
        }
    }

    /// The loss of every version that was measured, without the first third of the way down: the ends are what is compared.
    public func svg(_ picture: Picture) -> String {
        let lines = courses.map { course in
            CoursePlot.Line(
                name: course.name,
                points: course.records.dropFirst(course.records.count > 8 ? 3 : 0).compactMap { record in
                    record.measured.map { (picture.place(record), $0.loss) }
                })
        }
        return CoursePlot(title: title, xLabel: picture.label, yLabel: "validation loss, nats per token", lines: lines)
            .svg
    }

    /// All versions of all courses, a JSON document a line.
    public func jsonLines() throws -> [UInt8] {
        struct Line: Encodable {
            var simulation: String
            var record: VersionRecord
        }
        var bytes: [UInt8] = []
        for course in courses {
            for record in course.records {
                bytes += try CanonicalJSON.encode(Line(simulation: course.name, record: record)) + [10]
            }
        }
        return bytes
    }

    /// A page with the table, and the pictures beside it.
    public var html: String {
        let heads = [
            "", "val. loss", "against the first", "average", "bits/byte", "tokens", "up", "down", "hours",
            "stale", "counted",
        ]
        let head = heads.map { "<th>\($0)</th>" as HTML }
        let rows = CourseTable.rows(courses).map { cells -> HTML in
            let data = cells.dropFirst().map { "<td>\($0)</td>" as HTML }
            return "<tr><th>\(cells[0])</th>\(data)</tr>"
        }
        let pictures = Picture.allCases.map { picture -> HTML in
            "<section><img src=\"\(picture.rawValue).svg\" alt=\"loss by \(picture.label)\" width=\"100%\"></section>"
        }
        let page: HTML = """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>\(title)</title>
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <style>\(PageStyle.css)</style></head>
            <body><p class="brand">Caravan simulation</p><h1>\(title)</h1>
            \(pictures)
            <section><div class="scroll"><table><thead><tr>\(head)</tr></thead><tbody>
            \(rows)
            </tbody></table></div></section>
            </body></html>
            """
        return page.description + "\n"
    }
}
