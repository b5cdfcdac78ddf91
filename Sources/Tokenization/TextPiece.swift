/// A part of a text that is divided into words as if it stood alone, so that threads can share long texts.
struct TextPiece {
    private let text: [UInt8]
    private let range: Range<Int>

    var count: Int { range.count }

    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        text.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }
}

extension TextPiece {
    /// About how long a piece of a longer text is.
    static let usualBytes = 1 << 18

    /// The pieces of a text, each but the last `usualBytes` or a little longer.
    ///
    /// A cut follows a letter and precedes something that is no letter: there every pattern ends a word, and what
    /// follows is divided as if it stood alone. A text without such a place is one piece.
    static func pieces(of text: [UInt8]) -> [TextPiece] {
        var pieces: [TextPiece] = []
        var start = 0
        while text.count - start > usualBytes, let end = cut(text, from: start + usualBytes) {
            pieces.append(TextPiece(text: text, range: start..<end))
            start = end
        }
        pieces.append(TextPiece(text: text, range: start..<text.count))
        return pieces
    }

    private static func cut(_ text: [UInt8], from start: Int) -> Int? {
        let classes = CharacterClass.Lookup()
        return text.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return nil }
            var afterLetter = false
            var index = start
            // Well-formed characters are found from any byte: none begins inside another.
            while index < bytes.count {
                let (kind, length) = classes.character(at: base + index, count: bytes.count - index)
                if afterLetter, kind != .letter { return index }
                afterLetter = kind == .letter
                index += length
            }
            return nil
        }
    }
}
