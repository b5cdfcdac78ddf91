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
