/// A code as bits: which symbols occur, and the lengths of their codes, in letters of a second, small prefix code.
///
/// Before each symbol stands the number of symbols since the last one, 0 or more, that do not occur. It is written in
/// bijective base 2 as in bzip2, the lowest digit first, with the digits 1 and 2: 0, 1, 2, 3, 4 are nothing, 1, 2, 11, 21.
extension PrefixCode {
    private enum Letter {
        static let one = 0
        static let two = 1
        /// The letter of a length l is `zero` + l: it ends the digits and is the symbol's.
        static let zero = 1
        /// The longest code of 2^18 symbols has 20 bits.
        static let count = zero + 20 + 1
        /// Bits of the length of a letter's code: there are 22 letters, so no code has more than 7.
        static let lengthBits = 3
    }

    /// Bits of the number of symbols, less one.
    private static let countBits = 18

    func write(to bits: inout BitWriter) {
        let letters = self.letters
        var counts = [Int](repeating: 0, count: Letter.count)
        for letter in letters { counts[letter] += 1 }
        let code = PrefixCode(counts: counts)
        bits.append(UInt32(symbols.count - 1), Self.countBits)
        let codes = code.codes()
        var lengths = [UInt8](repeating: 0, count: Letter.count)
        for (letter, length) in zip(code.symbols, code.lengths) { lengths[letter] = length }
        for length in lengths { bits.append(UInt32(length), Letter.lengthBits) }
        for letter in letters { bits.append(codes[letter].value, codes[letter].length) }
    }

    private var letters: [Int] {
        var letters: [Int] = []
        letters.reserveCapacity(4 * symbols.count)
        var next = 0
        for (symbol, length) in zip(symbols, lengths) {
            var missing = symbol - next
            while missing > 0 {
                letters.append(missing & 1 == 1 ? Letter.one : Letter.two)
                missing = (missing - 1) / 2
            }
            letters.append(Letter.zero + Int(length))
            next = symbol + 1
        }
        return letters
    }

    /// - Parameters:
    ///   - count: there may not be more symbols.
    ///   - end: every symbol must be below it; below 2^27.
    init(from bits: inout BitReader, atMost count: Int, below end: Int) throws(MalformedArchive) {
        let symbolCount = bits.read(Self.countBits) + 1
        guard symbolCount <= count else {
            throw MalformedArchive("\(count) tokens cannot be \(symbolCount) different ones")
        }
        let letterLengths = (0..<Letter.count).map { _ in UInt8(bits.read(Letter.lengthBits)) }
        let letters = letterLengths.indices.filter { letterLengths[$0] > 0 }
        let code = try PrefixCode(symbols: letters, lengths: letters.map { letterLengths[$0] })
        let table = code.decodingTable()
        var (symbols, lengths): ([Int], [UInt8]) = ([], [])
        symbols.reserveCapacity(symbolCount)
        lengths.reserveCapacity(symbolCount)
        var (symbol, place) = (0, 1)
        while symbols.count < symbolCount {
            let cell = table[bits.peek(code.width)]
            bits.skip(cell.length)
            let letter = Int(cell.value)
            if letter == Letter.one || letter == Letter.two {
                symbol += place * (letter + 1)
                place *= 2
            } else {
                symbols.append(symbol)
                lengths.append(UInt8(letter - Letter.zero))
                symbol += 1
                place = 1
            }
            // Also bounds the digits of one number.
            guard symbol <= end else { throw MalformedArchive("a token is outside the vocabulary of \(end)") }
        }
        try self.init(symbols: symbols, lengths: lengths)
    }
}
