/// Finds the words of bytes by a split pattern, each from where the last one ended.
///
/// Reads the bytes it was made with: use it only inside their `withUnsafeBytes`.
struct WordScanner {
    let bytes: UnsafePointer<UInt8>
    let count: Int
    let classes = CharacterClass.Lookup()
    private let pattern: SplitPattern

    /// - Parameter bytes: not empty.
    init(_ bytes: UnsafePointer<UInt8>, count: Int, pattern: SplitPattern) {
        (self.bytes, self.count, self.pattern) = (bytes, count, pattern)
    }

    /// Where the word ends that begins at `start`.
    ///
    /// - Parameter start: below `count`.
    @inline(__always)
    func end(from start: Int) -> Int {
        switch pattern {
        case .gpt2: gpt2End(from: start)
        case .gpt4: gpt4End(from: start)
        }
    }

    /// SAFETY: callers pass an `index` below `count`, and `character` reads no further than `count`.
    @inline(__always)
    func character(at index: Int) -> (kind: CharacterClass, length: Int) {
        classes.character(at: bytes + index, count: count - index)
    }

    /// Where the characters of one class end that stand at `start`.
    @inline(__always)
    func runEnd(of kind: CharacterClass, from start: Int) -> Int {
        var end = start
        while end < count {
            let (next, length) = character(at: end)
            guard next == kind else { break }
            end += length
        }
        return end
    }

    /// `\s+(?!\S)|\s+`: white space before something visible leaves its last character to what follows, if it has
    /// another one.
    func whitespaceEnd(from start: Int) -> Int {
        var (last, end) = (start, start)
        while end < count {
            let (next, length) = character(at: end)
            guard next == .whitespace else { return last > start ? last : end }
            last = end
            end += length
        }
        return end
    }
}

extension WordScanner {
    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    @inline(__always)
    private func gpt2End(from start: Int) -> Int {
        if bytes[start] == UInt8(ascii: "'"), let end = contractionEnd(from: start, anyCase: false) { return end }
        var (kind, length) = character(at: start)
        if bytes[start] == UInt8(ascii: " "), start + 1 < count {
            let next = character(at: start + 1)
            if next.kind != .whitespace { (kind, length) = (next.kind, next.length + 1) }
        }
        return kind == .whitespace ? whitespaceEnd(from: start) : runEnd(of: kind, from: start + length)
    }

    /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+`
    /// `|\s+(?!\S)|\s+`
    @inline(__always)
    private func gpt4End(from start: Int) -> Int {
        let byte = bytes[start]
        if byte == UInt8(ascii: "'"), let end = contractionEnd(from: start, anyCase: true) { return end }
        let (kind, length) = character(at: start)
        if kind == .letter { return runEnd(of: .letter, from: start + length) }
        if kind == .number { return numberEnd(from: start + length) }
        if start + length < count, !Self.endsLine(byte) {
            let next = character(at: start + length)
            if next.kind == .letter { return runEnd(of: .letter, from: start + length + next.length) }
            if byte == UInt8(ascii: " "), next.kind == .other { return signsEnd(from: start + length) }
        }
        return kind == .other ? signsEnd(from: start) : lineEnd(from: start) ?? whitespaceEnd(from: start)
    }

    /// The rest of `\p{N}{1,3}` after the first digit.
    private func numberEnd(from start: Int) -> Int {
        var end = start
        for _ in 0..<2 where end < count {
            let (kind, length) = character(at: end)
            guard kind == .number else { break }
            end += length
        }
        return end
    }

    /// `[^\s\p{L}\p{N}]+[\r\n]*`
    private func signsEnd(from start: Int) -> Int {
        var end = runEnd(of: .other, from: start)
        while end < count, Self.endsLine(bytes[end]) { end += 1 }
        return end
    }

    /// `\s*[\r\n]+`: the white space up to its last line end.
    private func lineEnd(from start: Int) -> Int? {
        var (end, found) = (start, nil as Int?)
        while end < count {
            let (kind, length) = character(at: end)
            guard kind == .whitespace else { break }
            end += length
            if Self.endsLine(bytes[end - 1]) { found = end }
        }
        return found
    }

    private static func endsLine(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    }

    /// Where `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` ends, if one begins here; with `anyCase`, `'S` and `'ſ` too.
    private func contractionEnd(from start: Int, anyCase: Bool) -> Int? {
        func letter(_ index: Int) -> UInt8 {
            index < count ? bytes[index] | (anyCase ? 0x20 : 0) : 0
        }
        switch letter(start + 1) {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return start + 2
        case UInt8(ascii: "r"), UInt8(ascii: "v"): return letter(start + 2) == UInt8(ascii: "e") ? start + 3 : nil
        case UInt8(ascii: "l"): return letter(start + 2) == UInt8(ascii: "l") ? start + 3 : nil
        default: break
        }
        // U+017F, the long s, is an s to patterns that ignore case.
        let isLongS = anyCase && start + 2 < count && bytes[start + 1] == 0xC5 && bytes[start + 2] == 0xBF
        return isLongS ? start + 3 : nil
    }
}

extension SplitPattern {
    /// The words of any bytes, one after the other without a gap.
    public func words(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        bytes.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return [] }
            let scanner = WordScanner(start, count: buffer.count, pattern: self)
            var words: [ArraySlice<UInt8>] = []
            var position = 0
            while position < bytes.count {
                let end = scanner.end(from: position)
                words.append(bytes[position..<end])
                position = end
            }
            return words
        }
    }
}
