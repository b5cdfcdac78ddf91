/// What GPT-2's pattern asks of a character.
enum CharacterClass {
    /// `\p{L}`
    case letter
    /// `\p{N}`
    case number
    /// `\s`: the Unicode property White_Space
    case whitespace
    /// Anything else, and every byte that is not part of well-formed UTF-8.
    case other

    /// The class of the character at `index`, and how many bytes it takes.
    @inline(__always)
    static func of(_ bytes: [UInt8], at index: Int) -> (CharacterClass, length: Int) {
        switch bytes[index] {
        case 0x41...0x5A, 0x61...0x7A: (.letter, 1)
        case 0x20, 0x09...0x0D: (.whitespace, 1)
        case 0x30...0x39: (.number, 1)
        case 0x00..<0x80: (.other, 1)
        default: ofMultibyte(bytes, at: index)
        }
    }

    private static func ofMultibyte(_ bytes: [UInt8], at index: Int) -> (CharacterClass, length: Int) {
        var parser = Unicode.UTF8.ForwardParser()
        var rest = bytes[index..<min(index + 4, bytes.count)].makeIterator()
        guard case .valid(let encoded) = parser.parseScalar(from: &rest) else { return (.other, 1) }
        return (CharacterClass(Unicode.UTF8.decode(encoded)), encoded.count)
    }

    private init(_ scalar: Unicode.Scalar) {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: self = .letter
        case .decimalNumber, .letterNumber, .otherNumber: self = .number
        default: self = scalar.properties.isWhitespace ? .whitespace : .other
        }
    }
}
