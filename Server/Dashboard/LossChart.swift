import Foundation
import Pages
import WorkUnits

/// The validation loss of each version as a line, in an SVG that takes its colours from the page.
struct LossChart {
    /// Versions and losses, oldest first; what is no number is left out.
    private let points: [(version: Int, loss: Double)]

    /// In the SVG's own units; the page scales it.
    private let size = (width: 720.0, height: 240.0)
    private let plot = (left: 48.0, right: 16.0, top: 12.0, bottom: 28.0)
    /// More points than the eye tells apart only cost bytes.
    private static let mostPoints = 240

    init(_ checkpoints: [CheckpointSummary]) {
        let finite = checkpoints.filter(\.metrics.loss.isFinite)
        let step = max(1, (finite.count + Self.mostPoints - 1) / Self.mostPoints)
        points = finite.enumerated().filter { $0.offset % step == 0 || $0.offset == finite.count - 1 }
            .map { ($0.element.version, $0.element.metrics.loss) }
    }

    var html: HTML {
        guard let first = points.first, let last = points.last, points.count > 1 else {
            return "<p class=\"quiet\">The curve begins with the second version.</p>"
        }
        let losses = points.map(\.loss)
        let ticks = Self.ticks(from: losses.min() ?? 0, to: losses.max() ?? 1)
        let low = ticks.first ?? 0
        let high = ticks.last ?? 1
        func x(_ version: Int) -> Double {
            let share = Double(version - first.version) / Double(last.version - first.version)
            return plot.left + share * (size.width - plot.left - plot.right)
        }
        func y(_ loss: Double) -> Double {
            plot.top + (high - loss) / (high - low) * (size.height - plot.top - plot.bottom)
        }
        let line = points.map { "\(Self.place(x($0.version))),\(Self.place(y($0.loss)))" }.joined(separator: " ")
        let base = Self.place(y(low))
        let area = "\(Self.place(x(first.version))),\(base) \(line) \(Self.place(x(last.version))),\(base)"
        return """
            <svg viewBox="0 0 \(Int(size.width)) \(Int(size.height))" role="img" aria-labelledby="chart-title">
            <title id="chart-title">Validation loss went from \(Figures.decimal(first.loss, 3)) nats per token \
            at version \(first.version) to \(Figures.decimal(last.loss, 3)) at version \(last.version).</title>
            \(ticks.map { grid(at: y($0), label: Figures.decimal($0, Self.places(ticks))) })
            <polygon class="area" points="\(area)"/>
            <polyline class="line" points="\(line)"/>
            \(points.count > 40 ? [] : points.map { dot($0, at: (x($0.version), y($0.loss))) })
            <text class="label" x="\(Self.place(x(first.version)))" y="\(Int(size.height) - 8)">version \(first.version)</text>
            <text class="label end" x="\(Self.place(x(last.version)))" y="\(Int(size.height) - 8)">version \(last.version)</text>
            </svg>
            """
    }

    private func grid(at height: Double, label: String) -> HTML {
        let place = Self.place(height)
        return """
            <line class="grid" x1="\(Int(plot.left))" x2="\(Int(size.width - plot.right))" y1="\(place)" y2="\(place)"/>\
            <text class="label end" x="\(Int(plot.left) - 8)" y="\(Self.place(height + 4))">\(label)</text>
            """
    }

    private func dot(_ point: (version: Int, loss: Double), at place: (x: Double, y: Double)) -> HTML {
        """
        <circle class="dot" cx="\(Self.place(place.x))" cy="\(Self.place(place.y))" r="3.5">\
        <title>version \(point.version): \(Figures.decimal(point.loss, 4))</title></circle>
        """
    }

    /// Round values, 1, 2 or 5 times a power of ten apart, that enclose the range: at most seven.
    private static func ticks(from low: Double, to high: Double) -> [Double] {
        let span = max(high - low, abs(high) * 1e-3, 1e-9)
        let power = pow(10, floor(log10(span / 4)))
        let step = [1, 2, 5, 10].map { $0 * power }.first { span / $0 <= 4 } ?? span
        let first = floor(low / step)
        return (0...Int(max(1, ceil(high / step) - first))).map { (first + Double($0)) * step }
    }

    /// Decimals that tell the ticks apart.
    private static func places(_ ticks: [Double]) -> Int {
        let step = ticks.count > 1 ? ticks[1] - ticks[0] : 1
        return max(0, min(6, Int(ceil(-log10(step) - 1e-9))))
    }

    private static func place(_ value: Double) -> String { Figures.decimal(value, 1) }
}
