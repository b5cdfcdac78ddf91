/// Cuts a text into records, each one document or less.
protocol RecordReader {
    /// Drops at least one byte from the window, or is at its boundary.
    mutating func next(_ window: inout TextWindow) -> RecordStep
}

enum RecordStep {
    case reading(Reading)
    /// A record without visible text.
    case blank
    /// All before the window's boundary was read and dropped.
    case boundary
}

extension RecordStep {
    /// A document of a text without the line breaks at its ends; `blank` if nothing in it is visible.
    static func document(trimming text: [UInt8], at origin: Origin) -> RecordStep {
        guard let visible = text.span.visibleRange() else { return .blank }
        return .reading(.document(Document(text: text.span.copy(visible), origin: origin)))
    }
}
