extension Span<UInt8> {
    /// Without line breaks at the ends; nil when no character but white space is there. The bytes are well-formed UTF-8.
    func visibleRange() -> Range<Int>? {
        var (lower, upper) = (0, count)
        while lower < upper, self[lower].isLineBreak { lower += 1 }
        while upper > lower, self[upper - 1].isLineBreak { upper -= 1 }
        return hasVisible(in: lower..<upper) ? lower..<upper : nil
    }

    private func hasVisible(in range: Range<Int>) -> Bool {
        var position = range.lowerBound
        while position < range.upperBound {
            let byte = self[position]
            guard byte < 0x80 else { break }
            if !(byte == 0x20 || (0x09...0x0D).contains(byte)) { return true }
            position += 1
        }
        guard position < range.upperBound else { return false }
        return extracting(position..<range.upperBound).withUnsafeBufferPointer { rest in
            var parser = Unicode.UTF8.ForwardParser()
            var iterator = rest.makeIterator()
            while case .valid(let encoded) = parser.parseScalar(from: &iterator) {
                if !Unicode.UTF8.decode(encoded).properties.isWhitespace { return true }
            }
            return false
        }
    }

    /// A copy of some bytes.
    func copy(_ range: Range<Int>) -> [UInt8] {
        extracting(range).withUnsafeBufferPointer { Array($0) }
    }

    func append(_ range: Range<Int>, to array: inout [UInt8]) {
        extracting(range).withUnsafeBufferPointer { array.append(contentsOf: $0) }
    }
}
