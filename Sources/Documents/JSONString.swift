/// Strings of JSON (RFC 8259, section 7), in bytes that are well-formed UTF-8.
enum JSONString {
    /// Passes a string.
    ///
    /// - Parameter start: behind the opening quote.
    /// - Returns: where the closing quote stands, and whether there are escapes before it.
    @inline(__always)
    static func end(in bytes: Span<UInt8>, from start: Int) throws(MalformedJSON) -> (end: Int, isEscaped: Bool) {
        let (quotes, backslashes) = (ByteWord.low &* 0x22, ByteWord.low &* 0x5C)
        var position = start
        var isEscaped = false
        while true {
            if position <= bytes.count - 8 {
                let word = bytes.word(at: position)
                let found =
                    ByteWord.zeros(word ^ quotes) | ByteWord.zeros(word ^ backslashes) | ByteWord.controls(word)
                guard found != 0 else {
                    position += 8
                    continue
                }
                position += found.trailingZeroBitCount / 8
            }
            guard position < bytes.count else { throw MalformedJSON("a string does not end", at: start - 1) }
            switch bytes[position] {
            case .quote: return (position, isEscaped)
            case .backslash:
                position = try passEscape(in: bytes, at: position)
                isEscaped = true
            case 0..<0x20: throw MalformedJSON("a control character in a string is not escaped", at: position)
            default: position += 1
            }
        }
    }

    /// - Returns: the position behind the escape, of both halves for a surrogate pair.
    private static func passEscape(in bytes: Span<UInt8>, at backslash: Int) throws(MalformedJSON) -> Int {
        guard backslash + 1 < bytes.count else { throw MalformedJSON("a string does not end", at: backslash) }
        if bytes[backslash + 1] != UInt8(ascii: "u") {
            guard plain(bytes[backslash + 1]) != nil else { throw MalformedJSON("an unknown escape", at: backslash) }
            return backslash + 2
        }
        guard let unit = codeUnit(in: bytes, at: backslash) else {
            throw MalformedJSON("\\u without four hexadecimal digits", at: backslash)
        }
        switch unit {
        case 0xD800...0xDBFF:
            guard let low = codeUnit(in: bytes, at: backslash + 6), (0xDC00...0xDFFF).contains(low) else { break }
            return backslash + 12
        case 0xDC00...0xDFFF: break
        default: return backslash + 6
        }
        throw MalformedJSON("half of a surrogate pair", at: backslash)
    }

    /// Appends what a string means. It was passed by `end`.
    static func append(_ bytes: Span<UInt8>, _ range: Range<Int>, to text: inout [UInt8]) {
        var position = range.lowerBound
        while let backslash = bytes.extracting(..<range.upperBound).firstIndex(of: .backslash, from: position) {
            if position < backslash { bytes.append(position..<backslash, to: &text) }
            if let byte = plain(bytes[backslash + 1]) {
                text.append(byte)
                position = backslash + 2
            } else {
                let (scalar, length) = scalar(in: bytes, at: backslash)
                append(scalar.value, to: &text)
                position = backslash + length
            }
        }
        bytes.append(position..<range.upperBound, to: &text)
    }

    /// A character's UTF-8 (Unicode 16, table 3-6).
    private static func append(_ scalar: UInt32, to text: inout [UInt8]) {
        func tail(_ shift: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: scalar >> shift & 0x3F | 0x80) }
        switch scalar {
        case ..<0x80: text.append(UInt8(truncatingIfNeeded: scalar))
        case ..<0x800:
            text.append(UInt8(truncatingIfNeeded: scalar >> 6 | 0xC0))
            text.append(tail(0))
        case ..<0x10000:
            text.append(UInt8(truncatingIfNeeded: scalar >> 12 | 0xE0))
            text.append(tail(6))
            text.append(tail(0))
        default:
            text.append(UInt8(truncatingIfNeeded: scalar >> 18 | 0xF0))
            text.append(tail(12))
            text.append(tail(6))
            text.append(tail(0))
        }
    }

    /// The character of one or two `\u` escapes, and how many bytes they have.
    private static func scalar(in bytes: Span<UInt8>, at backslash: Int) -> (Unicode.Scalar, length: Int) {
        let unit = UInt32(codeUnit(in: bytes, at: backslash) ?? 0)
        if let scalar = Unicode.Scalar(unit) { return (scalar, 6) }
        let low = UInt32(codeUnit(in: bytes, at: backslash + 6) ?? 0)
        return (Unicode.Scalar(0x10000 + (unit & 0x3FF) << 10 + low & 0x3FF) ?? "\u{FFFD}", 12)
    }

    /// Of `\uXXXX`; nil if that does not stand there.
    private static func codeUnit(in bytes: Span<UInt8>, at backslash: Int) -> UInt16? {
        guard backslash + 6 <= bytes.count, bytes[backslash] == .backslash, bytes[backslash + 1] == UInt8(ascii: "u")
        else { return nil }
        var unit: UInt16 = 0
        for position in backslash + 2..<backslash + 6 {
            guard let digit = hexadecimalDigit(bytes[position]) else { return nil }
            unit = unit << 4 | digit
        }
        return unit
    }

    private static func hexadecimalDigit(_ byte: UInt8) -> UInt16? {
        let digit = byte &- UInt8(ascii: "0")
        if digit < 10 { return UInt16(digit) }
        // The bit that small letters have and capitals lack.
        let letter = (byte | 0x20) &- UInt8(ascii: "a")
        return letter < 6 ? UInt16(letter) + 10 : nil
    }

    /// The character of an escape of two bytes.
    private static func plain(_ byte: UInt8) -> UInt8? {
        switch byte {
        case .quote, .backslash, UInt8(ascii: "/"): byte
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }
}

extension UInt8 {
    static let backslash = UInt8(ascii: "\\")
}
