/// The hashes of a document's shingles: every `length` words in a row.
///
/// Words are runs of letters, marks and numbers, in lower case; all else parts them, so that punctuation, case and blanks
/// do not count. A document of fewer words is one shingle, its whole. Each character of scripts without blanks is a word.
struct Shingles {
    private(set) var hashes: [UInt64] = []
    private let length: Int
    /// The hashes of the last words, by number modulo `length`.
    private var recent: [UInt64]
    private var words = 0
    private var polynomial: UInt64 = 0
    /// The multiplier to the power of `length`.
    private let power: UInt64

    private static let multiplier: UInt64 = 0x9E37_79B9_7F4A_7C15

    init(_ text: [UInt8], length: Int) {
        self.length = length
        recent = Array(repeating: 0, count: length)
        power = (0..<length).reduce(1) { power, _ in power &* Self.multiplier }
        hashes.reserveCapacity(text.count / 5)
        text.withUnsafeBufferPointer { appendWords(of: $0) }
        if words < length { hashes.append(polynomial) }
    }

    private mutating func appendWords(of text: UnsafeBufferPointer<UInt8>) {
        let ascii = WordCharacters.ascii
        var hash: UInt64 = 0
        var index = 0
        while index < text.count {
            var character: UInt32
            if text[index] < 0x80 {
                character = UInt32(ascii[Int(text[index])])
                index += 1
            } else {
                let (value, end) = Self.scalar(text, at: index)
                character = WordCharacters.folded(value)
                index = end
            }
            if character == WordCharacters.separator {
                if hash != 0 { append(hash) }
                hash = 0
            } else if character & WordCharacters.alone != 0 {
                if hash != 0 { append(hash) }
                append(Self.mixed(0, character))
                hash = 0
            } else {
                hash = Self.mixed(hash, character)
            }
        }
        if hash != 0 { append(hash) }
    }

    /// Never 0, which says that no word has begun.
    private static func mixed(_ hash: UInt64, _ character: UInt32) -> UInt64 {
        ((hash ^ UInt64(character)) &* 0x9FB2_1C65_1E98_DF25) | 1
    }

    private mutating func append(_ word: UInt64) {
        let word = word ^ (word >> 29)
        let slot = words % length
        polynomial = polynomial &* Self.multiplier &+ word
        if words >= length { polynomial &-= recent[slot] &* power }
        recent[slot] = word
        words += 1
        if words >= length { hashes.append(polynomial) }
    }

    /// Of text that is not well-formed, any value, but never past the end.
    private static func scalar(
        _ text: UnsafeBufferPointer<UInt8>, at index: Int
    ) -> (
        value: UInt32, end: Int
    ) {
        let first = text[index]
        let wanted = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        let end = min(index + wanted, text.count)
        var value = UInt32(first) & (0x7F >> UInt32(wanted))
        for position in index + 1..<end { value = value << 6 | UInt32(text[position] & 0x3F) }
        return (value, end)
    }
}
