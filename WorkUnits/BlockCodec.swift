/// Integers −`levels` … `levels`, times a scale for every block of 256 values: the codecs `int8` and `int4`.
///
/// Scale = largest magnitude of the block / `levels`, rounded up to a bfloat16. A value between two integers becomes the
/// upper one with a probability of its distance from the lower one, so its expectation is the value itself (Alistarh et al.,
/// 2017, QSGD, section 3.1): the errors of many updates average out instead of adding up.
///
/// Payload of n values in b blocks: the byte planes of the b scales, then the codes. An `int8` code is the integer in two's
/// complement. An `int4` code is the integer + 8, two to a byte: of a block's m values, byte j has value j in its low half
/// and value ⌈m/2⌉ + j in its high half, where an odd block's last byte has 8. Either is laid out so that a block decodes
/// by whole vectors.
struct BlockCodec {
    static let int8 = BlockCodec(levels: 127)
    static let int4 = BlockCodec(levels: 7)

    static let blockValues = 256
    /// No scale is a subnormal number: their arithmetic is slow, and on some machines off.
    static let smallestScale = Float.leastNormalMagnitude

    let levels: Int
    var isPacked: Bool { levels < 8 }

    func payloadBytes(_ count: Int) -> Int {
        Self.blockCount(count) * 2 + codeBytes(count)
    }

    /// Bytes of the codes alone. A block has an even number of values, so only the last one can waste half a byte.
    func codeBytes(_ count: Int) -> Int {
        isPacked ? (count + 1) / 2 : count
    }

    static func blockCount(_ count: Int) -> Int { (count + blockValues - 1) / blockValues }

    /// - Throws: for values that are not finite or beyond `UpdateCodec.largestMagnitude`.
    func encode(_ values: [Float], first: Int, unit: Digest) throws(UnencodableUpdate) -> [UInt8] {
        try UnencodableUpdate.check(values, first: first)
        let random = CounterRandom(seed: unit.bytes.littleEndian(UInt64.self, at: 0), stream: Self.roundingStream)
        var scales: [Float] = []
        var codes: [UInt8] = []
        codes.reserveCapacity(codeBytes(values.count))
        for start in stride(from: 0, to: values.count, by: Self.blockValues) {
            let block = values[start..<min(start + Self.blockValues, values.count)]
            let scale = scale(of: block)
            scales.append(scale)
            let integers = block.indices.map { index in
                rounded(values[index], scale, random[UInt64(first + index)])
            }
            append(integers, to: &codes)
        }
        return BytePlanes.encode(scales, bytesEach: 2) { $0.bfloat16 } + codes
    }

    /// "ROUND" in ASCII: tells these draws apart from others with the same seed.
    private static let roundingStream: UInt64 = 0x52_4F55_4E44

    /// A bfloat16; 0 for a block of zeros.
    private func scale(of block: ArraySlice<Float>) -> Float {
        let largest = block.reduce(0) { max($0, $1.magnitude) }
        return largest == 0 ? 0 : max(largest / Float(levels), Self.smallestScale).roundedUpToBfloat16
    }

    /// The integer below or above value / scale, by 24 random bits.
    private func rounded(_ value: Float, _ scale: Float, _ bits: UInt64) -> Int8 {
        guard scale > 0 else { return 0 }
        let quotient = value / scale
        let below = quotient.rounded(.down)
        let isAbove = Float(bits >> 40) * 0x1p-24 < quotient - below
        // The quotient of the largest magnitude can be one rounding error more than `levels`.
        return Int8(max(-levels, min(levels, Int(below) + (isAbove ? 1 : 0))))
    }

    private func append(_ block: [Int8], to codes: inout [UInt8]) {
        guard isPacked else {
            codes += block.lazy.map { UInt8(bitPattern: $0) }
            return
        }
        let half = (block.count + 1) / 2
        for index in 0..<half {
            let high = half + index < block.count ? block[half + index] : 0
            codes.append(UInt8(block[index] + 8) | UInt8(high + 8) << 4)
        }
    }
}
