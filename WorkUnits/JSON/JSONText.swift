/// JSON that was read: where every value lies in its bytes (RFC 8259).
///
/// One pass finds the values, and text or numbers are made only of those that are asked for.
final class JSONText {
    struct Value {
        let kind: Kind
        /// Its bytes; of a string those between the quotes.
        var bytes: Range<Int>
        /// The value after this one and all that it holds.
        var next = 0
    }

    enum Kind {
        case null, bool, number, string
        /// A string with escapes.
        case escapedString
        case array
        /// Holds a string and a value for every member.
        case object
    }

    let bytes: [UInt8]
    /// In the order of their beginnings; the first one is the whole.
    let values: [Value]

    /// - Returns: nil for what is not JSON.
    init?(_ bytes: [UInt8]) {
        var scanner = JSONScanner(bytes)
        guard scanner.readWhole() else { return nil }
        self.bytes = bytes
        values = scanner.values
        guard scanner.doubtful.allSatisfy({ double($0)?.isFinite == true }) else { return nil }
    }
}

// MARK: Text and numbers

extension JSONText {
    /// - Returns: nil for a value of another kind, and for bytes that are not UTF-8.
    func string(_ index: Int) -> String? {
        let value = values[index]
        switch value.kind {
        case .string: return String(validating: bytes[value.bytes], as: UTF8.self)
        case .escapedString: return unescaped(bytes[value.bytes]).flatMap { String(validating: $0, as: UTF8.self) }
        default: return nil
        }
    }

    func isString(_ index: Int, _ text: String) -> Bool {
        let value = values[index]
        return value.kind == .string ? bytes[value.bytes].elementsEqual(text.utf8) : string(index) == text
    }

    func bool(_ index: Int) -> Bool? {
        values[index].kind == .bool ? bytes[values[index].bytes.lowerBound] == UInt8(ascii: "t") : nil
    }

    func double(_ index: Int) -> Double? { numberText(index).flatMap { Double($0) } }
    func float(_ index: Int) -> Float? { numberText(index).flatMap { Float($0) } }

    /// Also of another spelling, such as 1e2.
    func integer<Number: FixedWidthInteger>(_ index: Int) -> Number? {
        numberText(index).flatMap { text in
            Number(text) ?? Double(text).flatMap { Number(exactly: $0) }
        }
    }

    private func numberText(_ index: Int) -> String? {
        values[index].kind == .number ? String(decoding: bytes[values[index].bytes], as: UTF8.self) : nil
    }

    private func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var result: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "r"): result.append(0x0D)
            case let plain? where [UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/")].contains(plain):
                result.append(plain)
            case UInt8(ascii: "u"):
                guard let scalar = Self.takeScalar(&rest) else { return nil }
                result += String(scalar).utf8
            default: return nil
            }
        }
        return result
    }

    /// What follows `\u`: four digits, or a pair of surrogates.
    private static func takeScalar(_ rest: inout ArraySlice<UInt8>) -> Unicode.Scalar? {
        func unit() -> UInt32? {
            let digits = rest.prefix(4)
            rest = rest.dropFirst(4)
            guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
            return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        }
        guard let first = unit() else { return nil }
        guard (0xD800..<0xDC00).contains(first) else { return Unicode.Scalar(first) }
        guard rest.starts(with: "\\u".utf8) else { return nil }
        rest = rest.dropFirst(2)
        guard let second = unit(), (0xDC00..<0xE000).contains(second) else { return nil }
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    }
}
