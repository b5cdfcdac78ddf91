/// Text: documents between separator lines, or all of it as one document.
struct SectionReader: RecordReader {
    private let separator: [UInt8]?
    private let limit: Int

    init(separator: String?, limit: Int) {
        self.separator = separator.map { Array($0.utf8) }
        self.limit = limit
    }

    mutating func next(_ window: inout TextWindow) -> RecordStep {
        dropBlankLines(&window)
        // The unfinished line, and how far a line feed was looked for.
        var (line, searched) = (0, 0)
        while true {
            while separator != nil, let lineFeed = window.firstIndex(of: .lineFeed, from: searched) {
                if isSeparator(line..<lineFeed, in: window) { return take(line, through: lineFeed + 1, of: &window) }
                line = lineFeed + 1
                searched = line
            }
            searched = window.count
            // Two more than fit: its last line break does not count.
            if window.count > limit + 2 { return skipSection(line, of: &window) }
            if !window.fill() { break }
        }
        guard window.isAtEnd, window.count > 0 else {
            window.drop(window.count)
            return .boundary
        }
        let end = isSeparator(line..<window.count, in: window) ? line : window.count
        return take(end, through: window.count, of: &window)
    }

    private func isSeparator(_ line: Range<Int>, in window: TextWindow) -> Bool {
        guard let separator, line.count <= separator.count + 1 else { return false }
        return window.read { bytes in
            let hasReturn = !line.isEmpty && bytes[line.upperBound - 1] == .carriageReturn
            guard line.count - (hasReturn ? 1 : 0) == separator.count else { return false }
            return separator.indices.allSatisfy { separator[$0] == bytes[line.lowerBound + $0] }
        }
    }

    /// Lines without a character are in no document, and no reason to keep anything.
    private func dropBlankLines(_ window: inout TextWindow) {
        while true {
            let (blank, isSure) = window.read { bytes in
                var position = 0
                while position < bytes.count {
                    if bytes[position] == .lineFeed {
                        position += 1
                    } else if bytes[position] == .carriageReturn {
                        guard position + 1 < bytes.count else { return (position, false) }
                        guard bytes[position + 1] == .lineFeed else { return (position, true) }
                        position += 2
                    } else {
                        return (position, true)
                    }
                }
                return (position, false)
            }
            if blank > 0 { window.drop(blank) }
            guard !isSure, window.fill() else { return }
        }
    }

    /// The first `end` bytes as a document.
    private func take(_ end: Int, through next: Int, of window: inout TextWindow) -> RecordStep {
        defer { window.drop(next) }
        if lengthWithoutLastBreak(end, in: window) > limit { return problem(.tooLong(limit: limit), at: 0, in: window) }
        let (malformed, visible) = window.read { bytes in
            let bytes = bytes.extracting(..<end)
            let malformed = UTF8Check.firstMalformed(in: bytes)
            return (malformed, malformed == nil ? bytes.visibleRange() : nil)
        }
        if let malformed { return problem(.malformedUTF8, at: malformed, in: window) }
        guard let visible else { return .blank }
        let text = window.read { $0.copy(visible) }
        return .reading(.document(Document(text: text, origin: window.origin(of: visible.lowerBound))))
    }

    private func lengthWithoutLastBreak(_ end: Int, in window: TextWindow) -> Int {
        guard end > 0, window[end - 1] == .lineFeed else { return end }
        return end > 1 && window[end - 2] == .carriageReturn ? end - 2 : end - 1
    }

    private func problem(_ kind: ReadingProblem.Kind, at position: Int, in window: TextWindow) -> RecordStep {
        .reading(.problem(ReadingProblem(kind, at: window.origin(of: position))))
    }

    /// Passes a section that is too long, and its separator, with no more in memory than a separator's length.
    private func skipSection(_ line: Int, of window: inout TextWindow) -> RecordStep {
        let step = problem(.tooLong(limit: limit), at: 0, in: window)
        window.drop(line)
        var isLineWhole = true
        while true {
            if separator != nil, let lineFeed = window.firstIndex(of: .lineFeed, from: 0) {
                let isEnd = isLineWhole && isSeparator(0..<lineFeed, in: window)
                window.drop(lineFeed + 1)
                isLineWhole = true
                if isEnd { return step }
            } else {
                if window.count > (separator?.count ?? 0) + 1 {
                    window.drop(window.count)
                    isLineWhole = false
                }
                guard window.fill() else {
                    window.drop(window.count)
                    return step
                }
            }
        }
    }
}
