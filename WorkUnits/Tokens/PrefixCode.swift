/// A complete prefix code of symbols that are numbers, given by the number of bits of every symbol's code alone.
///
/// Codes are canonical: in the order of their lengths, and among equals of their symbols, each is the least number that no
/// earlier one is a prefix of. So the 2^`width` numbers of `width` bits fall into intervals, one for each symbol:
/// those that begin with its code. A symbol that is alone is understood without any bit.
///
/// Source: E. S. Schwartz and B. Kallick, "Generating a Canonical Prefix Encoding", CACM 7 (1964).
struct PrefixCode: Hashable {
    /// Those that occur, in ascending order.
    let symbols: [Int]
    /// Bits of every symbol's code, 1 ... `maximumWidth`. A symbol that is alone has 1.
    let lengths: [UInt8]
    /// The greatest of the lengths.
    let width: Int

    /// The longest code that so many symbols may need: the least number of bits that could tell four times as many apart.
    ///
    /// It bounds the table of a decoder by the symbols that are really there, and costs English two thirds of a percent.
    static func maximumWidth(symbols: Int) -> Int { Int.bitWidth - (4 * symbols - 1).leadingZeroBitCount }

    /// - Parameter symbols: in ascending order, as many as lengths.
    /// - Throws: `MalformedArchive` for lengths that are not those of a complete code within `maximumWidth`.
    init(symbols: [Int], lengths: [UInt8]) throws(MalformedArchive) {
        let width = Int(lengths.max() ?? 0)
        guard !symbols.isEmpty, lengths.allSatisfy({ $0 > 0 }) else {
            throw MalformedArchive("a code has no symbols")
        }
        guard width <= Self.maximumWidth(symbols: symbols.count) else {
            throw MalformedArchive("a code of \(width) bits is too long for one of \(symbols.count) symbols")
        }
        let taken = lengths.reduce(0) { $0 + 1 << (width - Int($1)) }
        guard symbols.count == 1 ? width == 1 : taken == 1 << width else {
            throw MalformedArchive("the lengths of \(symbols.count) codes do not make a complete code")
        }
        (self.symbols, self.lengths, self.width) = (symbols, lengths, width)
    }

    /// For lengths that are known to be those of a complete code.
    init(symbols: [Int], completeLengths lengths: [UInt8]) {
        (self.symbols, self.lengths, width) = (symbols, lengths, Int(lengths.max() ?? 0))
    }

    /// A symbol with the length and the interval of its code.
    struct Interval: Hashable {
        let symbol: Int
        /// 0 for a symbol that is alone.
        let length: Int
        /// Of the numbers of `width` bits.
        let numbers: Range<Int>
    }

    /// Calls `body` with all intervals, which divide 0 ..< 2^`width`, in the order of their symbols.
    func forEachInterval(_ body: (Interval) -> Void) {
        guard symbols.count > 1 else { return body(Interval(symbol: symbols[0], length: 0, numbers: 0..<1 << width)) }
        var counts = [Int](repeating: 0, count: width + 1)
        for length in lengths { counts[Int(length)] += 1 }
        var next = [Int](repeating: 0, count: width + 1)
        for length in 1..<width { next[length + 1] = next[length] + counts[length] << (width - length) }
        for (symbol, length) in zip(symbols, lengths) {
            let length = Int(length)
            let start = next[length]
            next[length] += 1 << (width - length)
            body(Interval(symbol: symbol, length: length, numbers: start..<next[length]))
        }
    }
}
