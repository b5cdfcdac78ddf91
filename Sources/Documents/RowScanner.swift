/// Finds the fields of a table's row after RFC 4180, section 2.
///
/// A quote that does not begin a field is a character like others. A lone carriage return too.
struct RowScanner {
    enum Outcome: Equatable {
        /// How many bytes the row has with its line break.
        case row(whole: Int)
        /// More bytes are needed. The quote that is open begins there.
        case unfinished(quote: Int?)
        /// Text follows the closing quote of the field that the quote at this position opens.
        case textAfterQuote(quote: Int)
    }

    /// How many fields are kept; `count` goes on.
    var maximumFields: Int
    /// Without their quotes.
    private(set) var fields: [EncodedField] = []
    /// How many fields the row has.
    private(set) var count = 0
    private let delimiter: UInt8
    private let quotes: Bool

    init(delimiter: UInt8, quotes: Bool, maximumFields: Int) {
        self.delimiter = delimiter
        self.quotes = quotes
        self.maximumFields = maximumFields
    }

    /// Scans from a row's first byte. More bytes never change another outcome than `unfinished`.
    ///
    /// - Parameter isWhole: no more bytes follow, so that the row may end without a line break.
    mutating func scan(_ bytes: Span<UInt8>, isWhole: Bool) -> Outcome {
        fields.removeAll(keepingCapacity: true)
        count = 0
        var start = 0
        while true {
            if quotes, start < bytes.count, bytes[start] == .quote {
                guard let close = closingQuote(in: bytes, behind: start, isWhole: isWhole) else {
                    return .unfinished(quote: start)
                }
                switch following(close, in: bytes, isWhole: isWhole) {
                case .field(let next): start = next
                case .row(let next): return .row(whole: next)
                case .text: return .textAfterQuote(quote: start)
                case .unknown: return .unfinished(quote: nil)
                }
            } else if let end = bytes.firstIndex(of: delimiter, or: .lineFeed, from: start) {
                guard bytes[end] == .lineFeed else {
                    append(EncodedField(range: start..<end))
                    start = end + 1
                    continue
                }
                append(EncodedField(range: start..<withoutReturn(end, from: start, bytes)))
                return .row(whole: end + 1)
            } else {
                guard isWhole else { return .unfinished(quote: nil) }
                append(EncodedField(range: start..<withoutReturn(bytes.count, from: start, bytes)))
                return .row(whole: bytes.count)
            }
        }
    }

    @inline(__always) private mutating func append(_ field: EncodedField) {
        if fields.count < maximumFields { fields.append(field) }
        count += 1
    }

    @inline(__always) private func withoutReturn(_ end: Int, from start: Int, _ bytes: Span<UInt8>) -> Int {
        end > start && bytes[end - 1] == .carriageReturn ? end - 1 : end
    }

    /// Passes a quoted field and keeps it.
    ///
    /// - Returns: its closing quote; nil if that has not come.
    private mutating func closingQuote(in bytes: Span<UInt8>, behind open: Int, isWhole: Bool) -> Int? {
        var field = EncodedField(range: open + 1..<open + 1)
        var position = open + 1
        while let quote = bytes.firstIndex(of: .quote, from: position) {
            guard quote + 1 < bytes.count, bytes[quote + 1] == .quote else {
                guard quote + 1 < bytes.count || isWhole else { return nil }
                field.range = open + 1..<quote
                append(field)
                return quote
            }
            field.encoding = .doubledQuotes
            position = quote + 2
        }
        return nil
    }

    private enum Following {
        /// Another field begins there.
        case field(Int)
        /// The row ends before there.
        case row(Int)
        case text
        case unknown
    }

    private func following(_ close: Int, in bytes: Span<UInt8>, isWhole: Bool) -> Following {
        var next = close + 1
        if next < bytes.count, bytes[next] == delimiter { return .field(next + 1) }
        if next < bytes.count, bytes[next] == .carriageReturn { next += 1 }
        guard next < bytes.count else { return isWhole ? .row(bytes.count) : .unknown }
        return bytes[next] == .lineFeed ? .row(next + 1) : .text
    }
}
