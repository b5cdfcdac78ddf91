/// What a character is to the comparison of documents.
enum WordCharacters {
    /// Ends a word.
    static let separator: UInt32 = 0
    /// Set beside a character that is a word by itself.
    static let alone: UInt32 = 1 << 31

    /// By byte below 128: the lower-cased letter or digit, or `separator`.
    static let ascii: [UInt8] = (0..<128).map { byte in
        switch byte {
        case 0x30...0x39, 0x61...0x7A: UInt8(byte)
        case 0x41...0x5A: UInt8(byte + 32)
        default: 0
        }
    }

    /// The lower-cased letter, mark or number; `separator` for any other character; with `alone` in scripts that write no
    /// blanks between words (ideographs, kana, Thai, Lao, Burmese, Khmer).
    static func folded(_ value: UInt32) -> UInt32 {
        value < 0x1_0000 ? plane[Int(value)] : classified(value)
    }

    /// The first plane, looked up once for all.
    private static let plane: [UInt32] = (0..<0x1_0000).map { classified($0) }

    private static func classified(_ value: UInt32) -> UInt32 {
        guard let scalar = Unicode.Scalar(value) else { return separator }
        let properties = scalar.properties
        switch properties.generalCategory {
        case .uppercaseLetter, .titlecaseLetter:
            // A lower-case form of more than one character is left alone.
            let lower = properties.lowercaseMapping.unicodeScalars
            return lower.count == 1 ? lower.first?.value ?? value : value
        case .lowercaseLetter, .modifierLetter, .otherLetter, .nonspacingMark, .spacingMark,
            .decimalNumber,
            .letterNumber, .otherNumber:
            return writesNoBlanks(value) || properties.isIdeographic ? value | alone : value
        default: return separator
        }
    }

    private static func writesNoBlanks(_ value: UInt32) -> Bool {
        switch value {
        case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x3040...0x30FF: true
        default: false
        }
    }
}
