extension PrefixCode {
    /// A number below 2^27 and a length below 2^5.
    struct Cell: Hashable {
        private let bits: UInt32

        init(_ value: Int, length: Int) { bits = UInt32(truncatingIfNeeded: value << 5 | length) }

        var value: UInt32 { bits >> 5 }
        var length: Int { Int(bits & 31) }
    }

    /// For each of the 2^`width` values of the next `width` bits: the symbol whose code they begin with, and the code's length.
    func decodingTable() -> [Cell] {
        [Cell](unsafeUninitializedCapacity: 1 << width) { table, count in
            forEachInterval { interval in
                let cell = Cell(interval.symbol, length: interval.length)
                // SAFETY: the intervals of a complete code divide 0 ..< 2^width.
                UnsafeMutableBufferPointer(rebasing: table[interval.numbers]).initialize(repeating: cell)
            }
            count = 1 << width
        }
    }

    /// Every symbol's code and its length, by symbol up to the last one.
    func codes() -> [Cell] {
        var codes = [Cell](repeating: Cell(0, length: 0), count: (symbols.last ?? 0) + 1)
        forEachInterval { interval in
            codes[interval.symbol] = Cell(
                interval.numbers.lowerBound >> (width - interval.length), length: interval.length)
        }
        return codes
    }
}
