/// A chunk of token ids put together by FORMAT.md alone, without the code under test: right, or wrong in any way.
///
/// It is not the chunk that an encoder writes: all its codes have the lengths that are asked for.
struct ForeignTokenChunk {
    /// Symbols in ascending order with the lengths of their codes.
    var symbols: [(symbol: Int, length: Int)]
    /// The bits of each stream.
    var streams: [String]
    var tokenCount: Int
    /// Of the letters' codes.
    var letterLengths = (0..<22).map { $0 < 10 ? 4 : 5 }
    /// What the head says, if not the truth.
    var symbolCount: Int?
    var sizes: [Int]?
    /// Bits after the head, before the zeros up to a whole byte.
    var excess = ""

    /// - Parameter tokens: in a code of these lengths, or of equal lengths, for a power of two of symbols.
    init(_ tokens: [Int], lengths: [Int: Int]? = nil) {
        let distinct = Set(tokens).sorted()
        let equal = distinct.count == 1 ? 1 : Int.bitWidth - (distinct.count - 1).leadingZeroBitCount
        // Where equal lengths do not fill the code, the last symbols have shorter ones.
        let short = (1 << equal) - distinct.count
        symbols = distinct.enumerated().map { index, symbol in
            (symbol, lengths?[symbol] ?? (distinct.count > 1 && index >= distinct.count - short ? equal - 1 : equal))
        }
        tokenCount = tokens.count
        let codes = distinct.count == 1 ? [distinct[0]: ""] : Self.codes(symbols)
        streams = (0..<4).map { stream in
            stride(from: stream, to: tokens.count, by: 4).map { codes[tokens[$0]] ?? "" }.joined()
        }
    }

    var chunk: ForeignArchive.Chunk { .init(stored: bytes, raw: 4 * tokenCount) }

    var bytes: [UInt8] {
        let letterCodes = Self.codes(letterLengths.enumerated().filter { $1 > 0 }.map { ($0, $1) })
        var head = Self.bits((symbolCount ?? symbols.count) - 1, 18) + letterLengths.map { Self.bits($0, 3) }.joined()
        var next = 0
        for (symbol, length) in symbols {
            head += Self.digits(symbol - next).map { letterCodes[$0 - 1] ?? "" }.joined()
            head += letterCodes[length + 1] ?? ""
            next = symbol + 1
        }
        let parts = streams.map(Self.bytes)
        head += (sizes ?? parts.dropLast().map(\.count)).map { Self.bits($0, 18) }.joined()
        let content = Self.bytes(head + excess) + parts.joined()
        return content + ForeignArchive.Chunk.checksum(content)
    }

    /// Canonical codes: by length, then by symbol, each one more than the one before, with zeros for longer ones.
    private static func codes(_ symbols: [(symbol: Int, length: Int)]) -> [Int: String] {
        var codes: [Int: String] = [:]
        var (code, before) = (-1, 0)
        for (symbol, length) in symbols.sorted(by: { ($0.length, $0.symbol) < ($1.length, $1.symbol) }) {
            code = (code + 1) << (length - before)
            before = length
            codes[symbol] = bits(code, length)
        }
        return codes
    }

    /// The digits 1 and 2 of a number in bijective base 2, the lowest first.
    private static func digits(_ number: Int) -> [Int] {
        number == 0 ? [] : number % 2 == 1 ? [1] + digits(number / 2) : [2] + digits(number / 2 - 1)
    }

    private static func bits(_ value: Int, _ count: Int) -> String {
        let digits = String(value, radix: 2)
        return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }

    /// With zeros up to a whole byte.
    private static func bytes(_ bits: String) -> [UInt8] {
        let digits = bits.utf8.map { $0 - 48 }
        return stride(from: 0, to: digits.count, by: 8).map { start in
            (0..<8).reduce(0) { $0 << 1 | (start + $1 < digits.count ? digits[start + $1] : 0) }
        }
    }
}
