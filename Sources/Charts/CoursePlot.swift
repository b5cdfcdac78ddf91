import Foundation

/// Several courses of one quantity against another as an SVG: a line for each, told apart by colour and by dashes.
///
/// A pure function of its values, with colours of its own for light and for dark surroundings.
public struct CoursePlot: Sendable {
    public struct Line: Sendable {
        public var name: String
        /// In ascending order of x.
        public var points: [(x: Double, y: Double)]

        public init(name: String, points: [(x: Double, y: Double)]) {
            self.name = name
            self.points = points
        }
    }

    public var title: String
    public var xLabel: String
    public var yLabel: String
    public var lines: [Line]

    public init(title: String, xLabel: String, yLabel: String, lines: [Line]) {
        self.title = title
        self.xLabel = xLabel
        self.yLabel = yLabel
        self.lines = lines
    }

    private static let width = 800.0
    private static let plotHeight = 320.0
    private static let frame = (left: 72.0, right: 24.0, top: 44.0, axis: 52.0)
    private static let legendRow = 20.0
    private static let colours = [
        ("#0969da", "#58a6ff"), ("#bc4c00", "#f0883e"), ("#1a7f37", "#3fb950"), ("#8250df", "#bc8cff"),
        ("#cf222e", "#ff7b72"), ("#57606a", "#8b949e"),
    ]
    private static let dashes = ["", "7 4", "2 3", "10 3 2 3"]

    /// The document, with a line feed at its end.
    public var svg: String {
        let points = lines.flatMap(\.points).filter { $0.x.isFinite && $0.y.isFinite }
        let height = Self.frame.top + Self.plotHeight + Self.frame.axis + Self.legendRow * Double((lines.count + 1) / 2)
        let size = (width: Self.width, height: height)
        let frame = (
            left: Self.frame.left, right: Self.frame.right, top: Self.frame.top,
            bottom: height - Self.frame.top - Self.plotHeight
        )
        let scale = Scale(
            x: Ticks(from: 0, to: points.map(\.x).max() ?? 1),
            y: Ticks(from: points.map(\.y).min() ?? 0, to: points.map(\.y).max() ?? 1), size: size, frame: frame)
        let parts = [head(size), axes(scale)] + lines.enumerated().map { draw($1, style: $0, scale) }
        return (parts + ["</svg>"]).joined(separator: "\n") + "\n"
    }

    private func head(_ size: (width: Double, height: Double)) -> String {
        func variables(_ pick: ((String, String)) -> String) -> String {
            Self.colours.enumerated().map { "--line\($0): \(pick($1));" }.joined(separator: " ")
        }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(size.width)) \(Int(size.height))" role="img" \
            aria-labelledby="title">
            <title id="title">\(Self.escaped(title))</title>
            <style>
            svg { --paper: #ffffff; --ink: #1f2328; --quiet: #59636e; --grid: #d8dee4; \(variables(\.0))
              font: 13px system-ui, sans-serif; }
            @media (prefers-color-scheme: dark) {
              svg { --paper: #0d1117; --ink: #e6edf3; --quiet: #9198a1; --grid: #30363d; \(variables(\.1)) }
            }
            .paper { fill: var(--paper); } text { fill: var(--quiet); } .title { fill: var(--ink); font-size: 16px; }
            .grid { stroke: var(--grid); } .middle { text-anchor: middle; } .end { text-anchor: end; }
            polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }
            </style>
            <rect class="paper" width="\(Int(size.width))" height="\(Int(size.height))"/>
            <text class="title" x="\(Int(Self.frame.left))" y="26">\(Self.escaped(title))</text>
            """
    }

    private func axes(_ scale: Scale) -> String {
        let (left, right) = (Self.frame.left, Self.width - Self.frame.right)
        let bottom = Self.frame.top + Self.plotHeight
        let rows = scale.y.values.map { value in
            let y = scale.y(value)
            return "<line class=\"grid\" x1=\"\(Self.decimal(left, 0))\" x2=\"\(Self.decimal(right, 0))\" "
                + "y1=\"\(Self.decimal(y, 1))\" y2=\"\(Self.decimal(y, 1))\"/>"
                + "<text class=\"end\" x=\"\(Self.decimal(left - 8, 0))\" y=\"\(Self.decimal(y + 4, 1))\">"
                + "\(Self.decimal(value, scale.y.places))</text>"
        }
        let columns = scale.x.values.map { value in
            "<text class=\"middle\" x=\"\(Self.decimal(scale.x(value), 1))\" y=\"\(Self.decimal(bottom + 18, 1))\">"
                + "\(Self.decimal(value, scale.x.places))</text>"
        }
        let middle = (x: (left + right) / 2, y: Self.frame.top + Self.plotHeight / 2)
        let labels = [
            "<text class=\"middle\" x=\"\(Self.decimal(middle.x, 0))\" y=\"\(Self.decimal(bottom + 38, 0))\">"
                + "\(Self.escaped(xLabel))</text>",
            "<text class=\"middle\" transform=\"translate(20 \(Self.decimal(middle.y, 0))) rotate(-90)\">"
                + "\(Self.escaped(yLabel))</text>",
        ]
        return (rows + columns + labels).joined(separator: "\n")
    }

    /// A line and its entry in the legend, two to a row.
    private func draw(_ line: Line, style: Int, _ scale: Scale) -> String {
        let colour = style % Self.colours.count
        let dash = Self.dashes[style / Self.colours.count % Self.dashes.count]
        let look = "style=\"stroke: var(--line\(colour))\"" + (dash.isEmpty ? "" : " stroke-dasharray=\"\(dash)\"")
        let places = line.points.filter { $0.x.isFinite && $0.y.isFinite }
            .map { "\(Self.decimal(scale.x($0.x), 1)),\(Self.decimal(scale.y($0.y), 1))" }
        let x = Self.frame.left + (style.isMultiple(of: 2) ? 0 : 360)
        let y = Self.frame.top + Self.plotHeight + Self.frame.axis + Self.legendRow * Double(style / 2) + 4
        let legend = "\(Self.decimal(x, 0)),\(Self.decimal(y, 0)) \(Self.decimal(x + 28, 0)),\(Self.decimal(y, 0))"
        return """
            <polyline \(look) points="\(places.joined(separator: " "))"/>
            <polyline \(look) points="\(legend)"/>\
            <text x="\(Self.decimal(x + 36, 0))" y="\(Self.decimal(y + 4, 0))">\(Self.escaped(line.name))</text>
            """
    }

    private static func decimal(_ value: Double, _ places: Int) -> String { String(format: "%.\(places)f", value) }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}
