/// The 18 largest of every 1024 values, each with a sign and one of two magnitudes: the codec `topK`.
///
/// From every block of 1024 neighbours those of largest magnitude are chosen, at equal magnitudes those of lower index. Those below
/// the mean of the block's chosen magnitudes become the mean of these, the others the mean of the others. So each tensor is sent its
/// part, however small its changes are beside those of another. Sorted indices have small gaps, which are written by Rice's code
/// (Rice and Plaunt, 1971): a gap g as g >> r zeros, a one, and the r lowest bits of g. Whatever the bits, indices read back are
/// sorted and different.
///
/// Payload of n values in b blocks, k of the values kept: r (one byte), the lower and the upper magnitude of each block (bfloat16),
/// k codes of 2 bits (bit 0 is the sign, bit 1 the magnitude), four to a byte, then the gaps. A gap counts the values between an
/// index and the one before it in its block, or the block's begin.
///
/// Most values are dropped, so this codec is of use with `ErrorFeedback`, which keeps them for later.
enum SparseCodec {
    static let blockValues = 1024
    private static let keptOfBlock = 18
    /// One of so many values is kept, or more.
    static let sparsity = (blockValues + keptOfBlock - 1) / keptOfBlock
    static let largestRiceParameter = 15

    /// The encoder takes the r with the shortest code, which is no longer than that of r = 5: at most n/32 zeros.
    static func payloadBytes(_ count: Int) -> ClosedRange<Int> {
        let kept = keptCount(count)
        let fixed = headerBytes(count) + byteCount(2 * kept)
        return fixed + byteCount(kept)...fixed + byteCount(6 * kept + count / 32)
    }

    private static func headerBytes(_ count: Int) -> Int { 1 + 4 * blocks(count).count }

    private static func keptCount(_ count: Int) -> Int { blocks(count).reduce(0) { $0 + kept(of: $1) } }

    private static func kept(of block: Range<Int>) -> Int {
        (block.count * keptOfBlock + blockValues - 1) / blockValues
    }

    private static func blocks(_ count: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: blockValues).map { $0..<min($0 + blockValues, count) }
    }

    private static func byteCount(_ bits: Int) -> Int { (bits + 7) / 8 }

    // MARK: Encoding

    /// - Throws: for values that are not finite or beyond `UpdateCodec.largestMagnitude`.
    static func encode(_ values: [Float], first: Int) throws(UnencodableUpdate) -> [UInt8] {
        try UnencodableUpdate.check(values, first: first)
        var scales: [UInt8] = []
        var codes = LowFirstBitWriter()
        var gaps: [Int] = []
        for block in blocks(values.count) {
            let indices = values[block].indicesOfLargestMagnitudes(kept(of: block))
            let magnitudes = TwoMagnitudes(indices.map { values[$0].magnitude })
            scales.appendLittleEndian(UInt16(magnitudes.lower.bfloat16))
            scales.appendLittleEndian(UInt16(magnitudes.upper.bfloat16))
            for index in indices {
                let isUpper: UInt64 = values[index].magnitude >= magnitudes.threshold ? 2 : 0
                codes.write(isUpper | (values[index] < 0 ? 1 : 0), count: 2)
            }
            gaps += zip(indices, [block.lowerBound - 1] + indices).map { $0 - $1 - 1 }
        }
        let parameter = riceParameter(for: gaps)
        var code = LowFirstBitWriter()
        for gap in gaps {
            code.writeUnary(gap >> parameter)
            code.write(UInt64(gap & (1 << parameter - 1)), count: parameter)
        }
        return [UInt8(parameter)] + scales + codes.finish() + code.finish()
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
        let parameter = Int(payload[0])
        guard parameter <= largestRiceParameter else { throw .riceParameter(parameter) }
        let codesStart = headerBytes(count)
        let gapsStart = codesStart + byteCount(2 * keptCount(count))
        var codes = LowFirstBitReader(payload[codesStart..<gapsStart])
        var gaps = LowFirstBitReader(payload[gapsStart...])
        var values = [Float](repeating: 0, count: count)
        var place = 0
        for (number, block) in blocks(count).enumerated() {
            let table = try signedMagnitudes(payload, ofBlock: number)
            var index = block.lowerBound - 1
            for _ in 0..<kept(of: block) {
                guard let code = codes.read(2), let zeros = gaps.readUnary(), let low = gaps.read(parameter) else {
                    throw .fewIndices(place, expected: keptCount(count))
                }
                index += 1 + (zeros << parameter | low)
                guard index < block.upperBound else { throw .index(index, end: block.upperBound) }
                values[index] = table[code]
                place += 1
            }
        }
        guard codes.isFinished, gaps.isFinished else { throw .trailingBits }
        return values
    }

    /// What each of the four codes stands for.
    private static func signedMagnitudes(
        _ payload: [UInt8], ofBlock block: Int
    ) throws(MalformedPayload) -> [Float] {
        let lower = Float(bfloat16: UInt32(payload.littleEndian(UInt16.self, at: 1 + 4 * block)))
        let upper = Float(bfloat16: UInt32(payload.littleEndian(UInt16.self, at: 3 + 4 * block)))
        guard lower.sign == .plus, lower <= upper else { throw .scale(2 * block, lower) }
        guard upper <= UpdateCodec.largestMagnitude else { throw .scale(2 * block + 1, upper) }
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

extension ArraySlice<Float> {
    /// The indices, ascending, of the `kept` largest magnitudes; of equal ones the first. No value is NaN.
    fileprivate func indicesOfLargestMagnitudes(_ kept: Int) -> [Int] {
        // A positive number's bits are ordered as the number is; below them, the lower index is the larger key.
        let keys = indices.map { UInt64(self[$0].magnitude.bitPattern) << 32 | UInt64(UInt32.max - UInt32($0)) }
        var best = keys.prefix(kept).sorted()
        for key in keys.dropFirst(kept) where key > best[0] {
            var place = 0
            while place + 1 < kept, best[place + 1] < key {
                best[place] = best[place + 1]
                place += 1
            }
            best[place] = key
        }
        return best.map { Int(UInt32.max - UInt32(truncatingIfNeeded: $0)) }.sorted()
    }
}
