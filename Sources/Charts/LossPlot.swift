import Foundation

/// The course of a training as an SVG: the training loss, smoothed, and the validation loss of each evaluation.
///
/// A pure function of its values. It carries its own colours, one set for light and one for dark surroundings.
public struct LossPlot: Sendable {
    public struct Evaluation: Hashable, Sendable {
        public var step: Int
        /// In nats per token.
        public var loss: Double

        public init(step: Int, loss: Double) {
            self.step = step
            self.loss = loss
        }
    }

    public var title: String
    /// Nats per token, of steps 1, 2, 3 …
    public var training: [Float]
    public var evaluations: [Evaluation]

    public init(title: String, training: [Float], evaluations: [Evaluation]) {
        self.title = title
        self.training = training
        self.evaluations = evaluations
    }

    private static let size = (width: 800.0, height: 440.0)
    private static let frame = (left: 72.0, right: 24.0, top: 64.0, bottom: 56.0)
    /// More points than the eye tells apart only cost bytes.
    private static let mostPoints = 400

    /// The document, with a line feed at its end.
    public var svg: String {
        let smooth = Self.smoothed(training)
        let measured = evaluations.filter { $0.loss.isFinite && $0.step > 0 }
        let losses = smooth.points.map(\.loss) + measured.map(\.loss)
        let last = Double(max(training.count, measured.map(\.step).max() ?? 0, 1))
        let scale = Scale(
            x: Ticks(from: 0, to: last), y: Ticks(from: losses.min() ?? 0, to: losses.max() ?? 1), size: Self.size,
            frame: Self.frame)
        let best = measured.min { ($0.loss, $0.step) < ($1.loss, $1.step) }
        let parts =
            [
                Self.head(title: title, description: description(best)), Self.axes(scale),
                Self.legend(window: smooth.window),
            ]
            + [Self.line("training", smooth.points, scale), Self.line("validation", measured, scale)]
            + measured.map { Self.dot($0, isBest: $0 == best, scale) } + ["</svg>"]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n") + "\n"
    }

    private func description(_ best: Evaluation?) -> String {
        guard let best else { return "\(training.count) steps, not yet evaluated." }
        return
            "\(training.count) steps; the lowest validation loss is \(Self.decimal(best.loss, 4)) nats per token, at "
            + "step \(best.step)."
    }

    /// Means over the last `window` steps, a fiftieth of all, at evenly spaced steps; what is not finite is left out.
    static func smoothed(_ losses: [Float]) -> (window: Int, points: [Evaluation]) {
        let window = max(1, losses.count / 50)
        let stride = max(1, (losses.count + mostPoints - 1) / mostPoints)
        let points = losses.indices.filter { ($0 + 1) % stride == 0 || $0 == losses.count - 1 }.map { index in
            let part = losses[max(0, index + 1 - window)...index]
            return Evaluation(step: index + 1, loss: part.reduce(0) { $0 + Double($1) } / Double(part.count))
        }
        return (window, points.filter(\.loss.isFinite))
    }

    // MARK: Parts of the picture

    private static func head(title: String, description: String) -> String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(size.width)) \(Int(size.height))" \
        role="img" aria-labelledby="title description">
        <title id="title">\(escaped(title))</title>
        <desc id="description">\(escaped(description))</desc>
        <style>
        svg { --paper: #ffffff; --ink: #1f2328; --quiet: #59636e; --grid: #d8dee4; --train: #9a6700; --valid: #0969da;
          font: 13px system-ui, sans-serif; }
        @media (prefers-color-scheme: dark) {
          svg { --paper: #0d1117; --ink: #e6edf3; --quiet: #9198a1; --grid: #30363d; --train: #d29922; --valid: #58a6ff; }
        }
        .paper { fill: var(--paper); } text { fill: var(--quiet); } .title { fill: var(--ink); font-size: 16px; }
        .grid { stroke: var(--grid); } .middle { text-anchor: middle; } .end { text-anchor: end; }
        polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }
        .training { stroke: var(--train); } .validation { stroke: var(--valid); }
        .dot { fill: var(--paper); stroke: var(--valid); stroke-width: 2; } .best { fill: var(--valid); }
        </style>
        <rect class="paper" width="\(Int(size.width))" height="\(Int(size.height))"/>
        <text class="title" x="\(Int(frame.left))" y="26">\(escaped(title))</text>
        """
    }

    private static func axes(_ scale: Scale) -> String {
        let (left, right) = (decimal(frame.left, 0), decimal(size.width - frame.right, 0))
        let bottom = size.height - frame.bottom
        let rows = scale.y.values.map { value in
            let y = decimal(scale.y(value), 1)
            return "<line class=\"grid\" x1=\"\(left)\" x2=\"\(right)\" y1=\"\(y)\" y2=\"\(y)\"/>"
                + "<text class=\"end\" x=\"\(decimal(frame.left - 8, 0))\" y=\"\(decimal(scale.y(value) + 4, 1))\">"
                + "\(decimal(value, scale.y.places))</text>"
        }
        let columns = scale.x.values.map { value in
            "<text class=\"middle\" x=\"\(decimal(scale.x(value), 1))\" y=\"\(decimal(bottom + 20, 0))\">"
                + "\(decimal(value, scale.x.places))</text>"
        }
        let middle = (x: (frame.left + size.width - frame.right) / 2, y: (frame.top + bottom) / 2)
        let labels = [
            "<text class=\"middle\" x=\"\(decimal(middle.x, 0))\" y=\"\(decimal(size.height - 12, 0))\">"
                + "optimizer steps</text>",
            "<text class=\"middle\" transform=\"translate(20 \(decimal(middle.y, 0))) rotate(-90)\">"
                + "loss in nats per token</text>",
        ]
        return (rows + columns + labels).joined(separator: "\n")
    }

    private static func legend(window: Int) -> String {
        let name = window == 1 ? "training" : "training, mean of \(window) steps"
        let (first, second) = (Int(frame.left), Int(frame.left) + 300)
        return """
            <polyline class="training" points="\(first),42 \(first + 24),42"/>
            <text x="\(first + 32)" y="46">\(name)</text>
            <polyline class="validation" points="\(second),42 \(second + 24),42"/>
            <circle class="dot best" cx="\(second + 12)" cy="42" r="4"/>
            <text x="\(second + 32)" y="46">validation, the lowest one filled</text>
            """
    }

    private static func line(_ name: String, _ points: [Evaluation], _ scale: Scale) -> String {
        guard points.count > 1 else { return "" }
        let places = points.map { "\(decimal(scale.x(Double($0.step)), 1)),\(decimal(scale.y($0.loss), 1))" }
        return "<polyline class=\"\(name)\" points=\"\(places.joined(separator: " "))\"/>"
    }

    private static func dot(_ evaluation: Evaluation, isBest: Bool, _ scale: Scale) -> String {
        let (x, y) = (decimal(scale.x(Double(evaluation.step)), 1), decimal(scale.y(evaluation.loss), 1))
        return "<circle class=\"dot\(isBest ? " best" : "")\" cx=\"\(x)\" cy=\"\(y)\" r=\"4\">"
            + "<title>step \(evaluation.step): \(decimal(evaluation.loss, 4))</title></circle>"
    }

    private static func decimal(_ value: Double, _ places: Int) -> String { String(format: "%.\(places)f", value) }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}
