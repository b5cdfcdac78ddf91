/// Counts as bars beside each other, for a page with `PageStyle`.
public struct BarChart: Sendable {
    /// What is read aloud instead of the picture.
    public var summary: String
    /// One for each bar: its label, shown where there is room, its height, and what a pointer over it shows.
    public var bars: [(label: String, value: Int, note: String)]

    public init(summary: String, bars: [(label: String, value: Int, note: String)]) {
        self.summary = summary
        self.bars = bars
    }

    private static let (width, height, bottom) = (720.0, 180.0, 22.0)

    /// An SVG that fills the width it is given.
    public var html: HTML {
        let slot = Self.width / Double(max(bars.count, 1))
        let greatest = Double(bars.map(\.value).max() ?? 1)
        let labelEvery = max(1, bars.count / 10)
        let parts: [HTML] = bars.enumerated().map { index, bar in
            let full = Self.height - Self.bottom
            let tall = bar.value == 0 ? 0 : max(1, full * Double(bar.value) / max(greatest, 1))
            let (x, y) = (slot * Double(index), full - tall)
            let label: HTML =
                index.isMultiple(of: labelEvery)
                ? """
                <text class="label middle" x="\(Figures.decimal(x + slot / 2, 1))" \
                y="\(Figures.decimal(Self.height - 4, 1))">\(bar.label)</text>
                """ : ""
            return """
                <rect class="bar" x="\(Figures.decimal(x + 1, 1))" y="\(Figures.decimal(y, 1))" \
                width="\(Figures.decimal(max(slot - 2, 0.5), 1))" height="\(Figures.decimal(tall, 1))">\
                <title>\(bar.note)</title></rect>\(label)
                """
        }
        return """
            <svg viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" role="img" aria-label="\(summary)">
            \(parts)
            </svg>
            """
    }
}
