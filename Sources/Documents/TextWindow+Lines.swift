extension TextWindow {
    enum Line {
        /// The line's bytes are the first ones held; with its line break it has `whole`.
        case bytes(count: Int, whole: Int)
        /// More than the limit: it was dropped.
        case tooLong(at: Origin)
        /// All was dropped; behind a break that includes an unfinished line.
        case boundary
    }

    /// Finds the next line, and drops nothing of it unless it is too long.
    mutating func nextLine(limit: Int) -> Line {
        var searched = 0
        while true {
            if let lineFeed = firstIndex(of: .lineFeed, from: searched) {
                return line(end: lineFeed, whole: lineFeed + 1, limit: limit)
            }
            searched = count
            if searched > limit + 1 { return skipLine() }
            if !fill() { break }
        }
        guard isAtEnd, count > 0 else {
            drop(count)
            return .boundary
        }
        return line(end: count, whole: count, limit: limit)
    }

    private mutating func line(end: Int, whole: Int, limit: Int) -> Line {
        let length = end > 0 && self[end - 1] == .carriageReturn ? end - 1 : end
        return length > limit ? skipLine() : .bytes(count: length, whole: whole)
    }

    private mutating func skipLine() -> Line {
        let start = origin()
        dropLine(from: 0)
        return .tooLong(at: start)
    }
}
