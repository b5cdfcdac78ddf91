/// The largest 48th of a chunk's values, each with a sign and one of two magnitudes: the codec `topK`.
///
/// The values of largest magnitude are chosen from the whole chunk, at equal magnitudes those of lower index. Those below
/// the mean of the chosen magnitudes become the mean of these, the others the mean of the others. Sorted indices have small
/// gaps, which are written by Rice's code (Rice and Plaunt, 1971): a gap g as g >> r zeros, a one, and the r lowest bits
/// of g. Whatever the bits, indices read back are sorted and different.
///
/// Payload of n values, k = ⌈n/48⌉ of them kept: r (one byte), the lower and the upper magnitude (bfloat16 each), k codes
/// of 2 bits (bit 0 is the sign, bit 1 the magnitude), four to a byte, then the gaps. A gap counts the values between an
/// index and the one before it, or the chunk's begin.
///
/// Most values are dropped, so this codec is of use with `ErrorFeedback`, which keeps them for later.
enum SparseCodec {
    /// One of so many values is kept.
    static let sparsity = 48
    static let largestRiceParameter = 15

    private static let headerBytes = 5

    static func keptCount(_ count: Int) -> Int { (count + sparsity - 1) / sparsity }

    /// The encoder takes the r with the shortest code, which is no longer than that of r = 5: at most n/32 zeros.
    static func payloadBytes(_ count: Int) -> ClosedRange<Int> {
        let kept = keptCount(count)
        let fixed = headerBytes + byteCount(2 * kept)
        return fixed + byteCount(kept)...fixed + byteCount(6 * kept + count / 32)
    }

    private static func byteCount(_ bits: Int) -> Int { (bits + 7) / 8 }

    // MARK: Encoding

    /// - Throws: for values that are not finite or beyond `UpdateCodec.largestMagnitude`.
    static func encode(_ values: [Float], first: Int) throws(UnencodableUpdate) -> [UInt8] {
        try UnencodableUpdate.check(values, first: first)
        let indices = values.indicesOfLargestMagnitudes(keptCount(values.count))
        let magnitudes = TwoMagnitudes(indices.map { values[$0].magnitude })
        var codes = LowFirstBitWriter()
        for index in indices {
            let isUpper: UInt64 = values[index].magnitude >= magnitudes.threshold ? 2 : 0
            codes.write(isUpper | (values[index] < 0 ? 1 : 0), count: 2)
        }
        let gaps = zip(indices, [-1] + indices).map { $0 - $1 - 1 }
        let parameter = riceParameter(for: gaps)
        var code = LowFirstBitWriter()
        for gap in gaps {
            code.writeUnary(gap >> parameter)
            code.write(UInt64(gap & (1 << parameter - 1)), count: parameter)
        }
        var payload = [UInt8(parameter)]
        payload.appendLittleEndian(UInt16(magnitudes.lower.bfloat16))
        payload.appendLittleEndian(UInt16(magnitudes.upper.bfloat16))
        return payload + codes.finish() + code.finish()
    }

    /// The one with the shortest code, of these the least.
    private static func riceParameter(for gaps: [Int]) -> Int {
        let bits = (0...largestRiceParameter).map { parameter in
            gaps.reduce(0) { $0 + $1 >> parameter } + gaps.count * (1 + parameter)
        }
        return bits.indices.min { bits[$0] < bits[$1] } ?? 0
    }

    // MARK: Decoding

    /// - Parameter payload: of a size in `payloadBytes(count)`.
    static func decode(_ payload: [UInt8], count: Int) throws(MalformedPayload) -> [Float] {
        let kept = keptCount(count)
        let parameter = Int(payload[0])
        guard parameter <= largestRiceParameter else { throw .riceParameter(parameter) }
        let table = try signedMagnitudes(payload)
        let gapsStart = headerBytes + byteCount(2 * kept)
        var codes = LowFirstBitReader(payload[headerBytes..<gapsStart])
        var gaps = LowFirstBitReader(payload[gapsStart...])
        var values = [Float](repeating: 0, count: count)
        var index = -1
        for place in 0..<kept {
            guard let code = codes.read(2), let zeros = gaps.readUnary(), let low = gaps.read(parameter) else {
                throw .fewIndices(place, expected: kept)
            }
            index += 1 + (zeros << parameter | low)
            guard index < count else { throw .index(index, count: count) }
            values[index] = table[code]
        }
        guard codes.isFinished, gaps.isFinished else { throw .trailingBits }
        return values
    }

    /// What each of the four codes stands for.
    private static func signedMagnitudes(_ payload: [UInt8]) throws(MalformedPayload) -> [Float] {
        let lower = Float(bfloat16: UInt32(payload.littleEndian(UInt16.self, at: 1)))
        let upper = Float(bfloat16: UInt32(payload.littleEndian(UInt16.self, at: 3)))
        guard lower.sign == .plus, lower <= upper else { throw .scale(0, lower) }
        guard upper <= UpdateCodec.largestMagnitude else { throw .scale(1, upper) }
        return [lower, -lower, upper, -upper]
    }
}

/// Magnitudes divided at their mean, and the mean of either part.
private struct TwoMagnitudes {
    let threshold: Float
    let lower: Float
    let upper: Float

    /// Sums in double precision and in order: the same everywhere.
    init(_ magnitudes: [Float]) {
        let threshold = Self.mean(magnitudes)
        self.threshold = threshold
        lower = Self.mean(magnitudes.filter { $0 < threshold })
        upper = Self.mean(magnitudes.filter { $0 >= threshold })
    }

    private static func mean(_ values: [Float]) -> Float {
        values.isEmpty ? 0 : Float(values.reduce(0) { $0 + Double($1) } / Double(values.count))
    }
}

extension [Float] {
    /// The indices, ascending, of the `kept` largest magnitudes; of equal ones the first. No value is NaN.
    ///
    /// Counts the upper and then the lower 16 bits (a positive number's bits are ordered as the number is), so the time does
    /// not depend on the values.
    func indicesOfLargestMagnitudes(_ kept: Int) -> [Int] {
        let upper = Rank(of: kept, in: lazy.map { Int($0.magnitude.bitPattern >> 16) })
        let lower = Rank(
            of: kept - upper.above,
            in: lazy.filter { $0.magnitude.bitPattern >> 16 == upper.value }.map {
                Int($0.magnitude.bitPattern & 0xFFFF)
            })
        let least = UInt32(upper.value) << 16 | UInt32(lower.value)
        var equal = kept - upper.above - lower.above
        return indices.filter { index in
            let bits = self[index].magnitude.bitPattern
            guard bits == least else { return bits > least }
            equal -= 1
            return equal >= 0
        }
    }
}

/// The value of a given rank among numbers below 2^16, and how many are above it.
private struct Rank {
    private(set) var value = 0xFFFF
    private(set) var above = 0

    /// - Parameter rank: 1 for the largest.
    init(of rank: Int, in values: some Sequence<Int>) {
        var counts = [Int](repeating: 0, count: 1 << 16)
        for value in values { counts[value] += 1 }
        while value > 0, above + counts[value] < rank {
            above += counts[value]
            value -= 1
        }
    }
}
