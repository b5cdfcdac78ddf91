/// Divides bytes into the words that merges never cross, by GPT-2's pattern (Radford et al., 2019, `encoder.py`):
///
///     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
///
/// The words follow each other without a gap, so joined they are the bytes again, well-formed UTF-8 or not.
struct Words: Sequence, IteratorProtocol {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func next() -> ArraySlice<UInt8>? {
        guard position < bytes.count else { return nil }
        let start = position
        position = contractionEnd(from: start) ?? runEnd(from: start)
        return bytes[start..<position]
    }

    /// Where `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll` or `'d` ends, if one begins here.
    private func contractionEnd(from start: Int) -> Int? {
        guard bytes[start] == UInt8(ascii: "'"), start + 1 < bytes.count else { return nil }
        switch bytes[start + 1] {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return start + 2
        case UInt8(ascii: "r"), UInt8(ascii: "v"): return follows(UInt8(ascii: "e"))
        case UInt8(ascii: "l"): return follows(UInt8(ascii: "l"))
        default: return nil
        }
        func follows(_ byte: UInt8) -> Int? {
            start + 2 < bytes.count && bytes[start + 2] == byte ? start + 3 : nil
        }
    }

    /// Where the run of one class ends: with at most one leading space for a visible class.
    private func runEnd(from start: Int) -> Int {
        var (kind, length) = CharacterClass.of(bytes, at: start)
        var end = start + length
        if bytes[start] == UInt8(ascii: " "), end < bytes.count {
            let (nextKind, nextLength) = CharacterClass.of(bytes, at: end)
            if nextKind != .whitespace { (kind, end) = (nextKind, end + nextLength) }
        }
        var last = start
        while end < bytes.count {
            let (nextKind, nextLength) = CharacterClass.of(bytes, at: end)
            guard nextKind == kind else {
                // `\s+(?!\S)`: white space before something visible leaves its last character to what follows.
                return kind == .whitespace && last > start ? last : end
            }
            last = end
            end += nextLength
        }
        return end
    }
}
