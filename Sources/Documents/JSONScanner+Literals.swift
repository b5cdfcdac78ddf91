extension JSONScanner {
    /// Passes a number, `true`, `false` or `null`.
    mutating func passLiteral(_ bytes: Span<UInt8>) throws(MalformedJSON) -> JSONObject.Member {
        let start = position
        guard start < bytes.count else { throw MalformedJSON("a value is missing", at: start) }
        switch bytes[start] {
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            try passNumber(bytes)
            return JSONObject.Member(kind: .literal, range: start..<position)
        case UInt8(ascii: "t"): try passWord(.trueWord, bytes)
        case UInt8(ascii: "f"): try passWord(.falseWord, bytes)
        case UInt8(ascii: "n"):
            try passWord(.nullWord, bytes)
            return JSONObject.Member(kind: .null, range: start..<position)
        default: throw MalformedJSON("a value is missing", at: start)
        }
        return JSONObject.Member(kind: .literal, range: start..<position)
    }

    private mutating func passWord(_ word: [UInt8], _ bytes: Span<UInt8>) throws(MalformedJSON) {
        let start = position
        for byte in word {
            guard position < bytes.count, bytes[position] == byte else {
                throw MalformedJSON("a value is missing", at: start)
            }
            position += 1
        }
    }

    /// Section 6 of the RFC: no leading zeros, no plus sign, digits on both sides of the point.
    private mutating func passNumber(_ bytes: Span<UInt8>) throws(MalformedJSON) {
        let start = position
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        let whole = passDigits(bytes)
        var isNumber = whole == 1 || whole > 1 && bytes[position - whole] != UInt8(ascii: "0")
        if next(bytes, isOneOf: ".", ".") {
            position += 1
            isNumber = passDigits(bytes) > 0 && isNumber
        }
        if next(bytes, isOneOf: "e", "E") {
            position += 1
            if next(bytes, isOneOf: "+", "-") { position += 1 }
            isNumber = passDigits(bytes) > 0 && isNumber
        }
        guard isNumber else { throw MalformedJSON("a number is malformed", at: start) }
    }

    private func next(_ bytes: Span<UInt8>, isOneOf one: Unicode.Scalar, _ other: Unicode.Scalar) -> Bool {
        guard position < bytes.count else { return false }
        return bytes[position] == UInt8(ascii: one) || bytes[position] == UInt8(ascii: other)
    }

    /// - Returns: how many there were.
    private mutating func passDigits(_ bytes: Span<UInt8>) -> Int {
        let start = position
        while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
            position += 1
        }
        return position - start
    }
}

extension [UInt8] {
    fileprivate static let trueWord = Array("true".utf8)
    fileprivate static let falseWord = Array("false".utf8)
    fileprivate static let nullWord = Array("null".utf8)
}
