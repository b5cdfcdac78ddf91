/// A table with a header row: RFC 4180 after commas, and in the same way after tabs.
///
/// Empty lines are passed. A row with another number of columns than the header is lost alone. A quote that never closes,
/// or closes in front of text, costs the line on which it opens: reading goes on with the line behind that one.
struct TableReader: RecordReader {
    /// What spreadsheets hold at most.
    static let maximumColumns = 16_384

    private let limit: Int
    private var rows: RowScanner
    private var template = Template(field: "")
    /// For each field of the template, the index of its column.
    private var columns: [Int] = []
    /// How many columns the header has.
    private var width = 0
    /// Of the row being read: the fields that the template names, and what it makes of them.
    private var values: [EncodedField?] = []
    private var text: [UInt8] = []

    /// Reads the header row.
    ///
    /// - Parameters:
    ///   - template: nil for the only column, or the one called `text`.
    ///   - delimiter: a comma or a tab.
    /// - Throws: if there is none, or it has no such columns.
    init(
        template: Template?, delimiter: UInt8, quotes: Bool, limit: Int, window: inout TextWindow
    ) throws(ReadingProblem) {
        self.limit = limit
        rows = RowScanner(delimiter: delimiter, quotes: quotes, maximumFields: Self.maximumColumns)
        let origin = window.origin()
        while true {
            switch nextRow(&window) {
            case .empty(let whole): window.drop(whole)
            case .row(let whole):
                try choose(template, among: try names(in: window, whole), at: origin)
                window.drop(whole)
                rows.maximumFields = width
                return
            case .problem(let problem): throw problem
            case .boundary:
                throw window.boundaryProblem ?? ReadingProblem(.noHeader, at: origin)
            }
        }
    }

    private func names(in window: TextWindow, _ whole: Int) throws(ReadingProblem) -> [String] {
        guard rows.count <= Self.maximumColumns else {
            throw ReadingProblem(.tooManyColumns(limit: Self.maximumColumns), at: window.origin())
        }
        if let malformed = window.read({ UTF8Check.firstMalformed(in: $0.extracting(..<whole)) }) {
            throw ReadingProblem(.malformedUTF8, at: window.origin(of: malformed))
        }
        return window.read { bytes in rows.fields.map { $0.string(in: bytes) } }
    }

    private mutating func choose(
        _ wanted: Template?, among names: [String], at origin: Origin
    ) throws(ReadingProblem) {
        width = names.count
        template = wanted ?? Template(field: names.count == 1 ? names[0] : "text")
        for field in template.fields {
            guard let column = names.firstIndex(of: field) else {
                let advice = NearestName.advice(for: field, among: names)
                throw ReadingProblem(.unknownColumn(name: field, advice: advice), at: origin)
            }
            guard names.lastIndex(of: field) == column else {
                throw ReadingProblem(.ambiguousColumn(name: field), at: origin)
            }
            columns.append(column)
        }
        values = Array(repeating: nil, count: columns.count)
    }

    mutating func next(_ window: inout TextWindow) -> RecordStep {
        switch nextRow(&window) {
        case .boundary: return .boundary
        case .problem(let problem): return .reading(.problem(problem))
        case .empty(let whole):
            window.drop(whole)
            return .blank
        case .row(let whole):
            defer { window.drop(whole) }
            return document(in: window, whole)
        }
    }

    private mutating func document(in window: TextWindow, _ whole: Int) -> RecordStep {
        func lost(_ kind: ReadingProblem.Kind, at position: Int = 0) -> RecordStep {
            .reading(.problem(ReadingProblem(kind, at: window.origin(of: position))))
        }
        if let malformed = window.read({ UTF8Check.firstMalformed(in: $0.extracting(..<whole)) }) {
            return lost(.malformedUTF8, at: malformed)
        }
        guard rows.count == width else { return lost(.wrongColumns(expected: width, found: rows.count)) }
        for (index, column) in columns.enumerated() { values[index] = rows.fields[column] }
        switch window.read({ template.write(values, in: $0, limit: limit, to: &text) }) {
        case .blank: return .blank
        case .tooLong: return lost(.tooLong(limit: limit))
        case .written: return .document(trimming: text, at: window.origin())
        }
    }
}

extension TableReader {
    private enum Row {
        /// The row's fields are in `rows`; so many bytes are to be dropped.
        case row(whole: Int)
        case empty(whole: Int)
        /// What it concerns was dropped.
        case problem(ReadingProblem)
        /// All was dropped; behind a break that includes an unfinished row.
        case boundary
    }

    private mutating func nextRow(_ window: inout TextWindow) -> Row {
        // A row that fits has at most two more, its line break.
        let most = limit + 2
        while true {
            guard window.count > 0 || window.fill() else { return .boundary }
            let count = window.count
            let isWhole = window.boundary != nil && count <= most
            let outcome = window.read { rows.scan($0.extracting(..<min(count, most)), isWhole: isWhole) }
            switch outcome {
            case .row(let whole):
                if isWhole, !window.isAtEnd, window[whole - 1] != .lineFeed {
                    window.drop(window.count)
                    return .boundary
                }
                let length = length(whole, in: window)
                if length > limit { return lose(.tooLong(limit: limit), at: 0, through: whole - 1, of: &window) }
                return length == 0 ? .empty(whole: whole) : .row(whole: whole)
            case .textAfterQuote(let quote): return lose(.textAfterQuote, at: quote, through: quote, of: &window)
            case .unfinished(let quote):
                if count > most || isWhole {
                    if let quote { return lose(.openQuote(limit: limit), at: quote, through: quote, of: &window) }
                    return lose(.tooLong(limit: limit), at: 0, through: most, of: &window)
                }
                // Twice as many before the next scan: together the scans cost no more than the last one again.
                while window.count < min(2 * count, most + 1), window.fill() {}
            }
        }
    }

    /// Without the line break.
    private func length(_ whole: Int, in window: TextWindow) -> Int {
        var length = whole
        if length > 0, window[length - 1] == .lineFeed { length -= 1 }
        if length > 0, window[length - 1] == .carriageReturn { length -= 1 }
        return length
    }

    /// Drops all to the end of the line in which a position is.
    private func lose(
        _ kind: ReadingProblem.Kind, at position: Int, through last: Int, of window: inout TextWindow
    ) -> Row {
        let problem = ReadingProblem(kind, at: window.origin(of: position))
        window.dropLine(from: last)
        return .problem(problem)
    }
}
