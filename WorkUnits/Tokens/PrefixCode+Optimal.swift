extension PrefixCode {
    /// The code that needs the fewest bits for these counts among those within `maximumWidth`.
    ///
    /// Equal counts are told apart by their symbols, and a symbol precedes a package of the same count, so the same counts
    /// give the same code everywhere.
    ///
    /// Source: L. L. Larmore and D. S. Hirschberg, "A Fast Algorithm for Optimal Length-Limited Huffman Codes", JACM 37
    /// (1990): package-merge.
    ///
    /// - Parameter counts: how often each of fewer than 2^24 symbols occurs, below 2^40 in all; one of them at least does.
    init(counts: [Int]) {
        let symbols = counts.indices.filter { counts[$0] > 0 }
        var lengths = [UInt8](repeating: 0, count: symbols.count)
        if symbols.count == 1 {
            lengths[0] = 1
        } else {
            // The count above, the symbol's place in the 24 bits below it: one number decides the order.
            let placeBits: UInt64 = 24
            let sorted = symbols.enumerated().map { UInt64(counts[$1]) << placeBits | UInt64($0) }.sorted()
            let levels = Self.packageMerge(
                sorted.map { Int($0 >> placeBits) }, levels: Self.maximumWidth(symbols: symbols.count))
            for rarest in levels {
                for key in sorted.prefix(rarest) { lengths[Int(key & (1 << placeBits - 1))] += 1 }
            }
        }
        self.init(symbols: symbols, completeLengths: lengths)
    }

    /// - Parameter counts: in ascending order, two at least.
    /// - Returns: for every bit that a code may have, how many symbols, from the rarest on, have it.
    private static func packageMerge(_ counts: [Int], levels: Int) -> [Int] {
        // Of the items of a level no more can be taken: two fewer than twice the symbols.
        let most = 2 * counts.count - 2
        var items = counts
        /// For every level, which of its items in ascending order are symbols.
        var kinds = [[Bool](repeating: true, count: counts.count)]
        for _ in 1..<levels {
            let packages = items.count / 2
            var merged = [Int](repeating: 0, count: min(counts.count + packages, most))
            var areSymbols = [Bool](repeating: false, count: merged.count)
            var (symbol, package) = (0, 0)
            for index in merged.indices {
                let sum = package < packages ? items[2 * package] + items[2 * package + 1] : .max
                if symbol < counts.count, counts[symbol] <= sum {
                    merged[index] = counts[symbol]
                    areSymbols[index] = true
                    symbol += 1
                } else {
                    merged[index] = sum
                    package += 1
                }
            }
            items = merged
            kinds.append(areSymbols)
        }
        var taken = most
        return kinds.reversed().map { areSymbols in
            let symbols = areSymbols.prefix(taken).count { $0 }
            taken = 2 * (taken - symbols)
            return symbols
        }
    }
}
