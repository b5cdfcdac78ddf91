/// Where a field's bytes lie, and how they are to be understood.
struct EncodedField {
    enum Encoding {
        case plain
        /// A table's field in which quotes are doubled.
        case doubledQuotes
        /// A JSON string with escapes.
        case escapes
    }

    var range: Range<Int>
    var encoding = Encoding.plain

    /// Appends what the field means, which is never longer than its bytes.
    func append(from bytes: Span<UInt8>, to text: inout [UInt8]) {
        switch encoding {
        case .plain: bytes.append(range, to: &text)
        case .escapes: JSONString.append(bytes, range, to: &text)
        case .doubledQuotes:
            let field = bytes.extracting(..<range.upperBound)
            var position = range.lowerBound
            while let quote = field.firstIndex(of: .quote, from: position) {
                field.append(position..<quote + 1, to: &text)
                position = quote + 2
            }
            field.append(position..<range.upperBound, to: &text)
        }
    }

    func string(in bytes: Span<UInt8>) -> String {
        var text: [UInt8] = []
        append(from: bytes, to: &text)
        return String(decoding: text, as: UTF8.self)
    }
}
