import CUpdates

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
        scales.reserveCapacity(Self.blockCount(values.count))
        let codes = [UInt8](unsafeUninitializedCapacity: codeBytes(values.count)) { codes, initialized in
            values.withUnsafeBufferPointer { values in
                for start in stride(from: 0, to: values.count, by: Self.blockValues) {
                    let block = values[start..<min(start + Self.blockValues, values.count)]
                    let scale = scale(of: block)
                    scales.append(scale)
                    let bytes = codeBytes(block.count)
                    // Every block but the last has an even number of values.
                    write(
                        block, scale, first: first + start, by: random,
                        to: UnsafeMutableBufferPointer(rebasing: codes[initialized..<initialized + bytes]))
                    initialized += bytes
                }
            }
        }
        return BytePlanes.encode(scales, bytesEach: 2) { $0.bfloat16 } + codes
    }

    /// "ROUND" in ASCII: tells these draws apart from others with the same seed.
    private static let roundingStream: UInt64 = 0x52_4F55_4E44

    /// A bfloat16; 0 for a block of zeros.
    private func scale(of block: Slice<UnsafeBufferPointer<Float>>) -> Float {
        let largest = Float(bitPattern: block.largestMagnitudeBits)
        return largest == 0 ? 0 : max(largest / Float(levels), Self.smallestScale).roundedUpToBfloat16
    }

    /// For each value the integer below or above value / scale, by 24 random bits; all of `codes` are written.
    private func write(
        _ block: Slice<UnsafeBufferPointer<Float>>, _ scale: Float, first: Int, by random: CounterRandom,
        to codes: UnsafeMutableBufferPointer<UInt8>
    ) {
        // Two codes of 0 in a byte, or one.
        guard scale > 0 else { return codes.update(repeating: isPacked ? 0x88 : 0) }
        withUnsafeTemporaryAllocation(of: Int8.self, capacity: block.count) { rounded in
            guard let values = UnsafeBufferPointer(rebasing: block).baseAddress, let target = rounded.baseAddress
            else { return }
            // SAFETY: both have block.count elements, of which none is further than levels · scale from 0.
            Self.round(block.count, values, scale, Int32(levels), random.key, UInt64(first), target)
            guard isPacked else {
                for index in codes.indices { codes[index] = UInt8(bitPattern: rounded[index]) }
                return
            }
            let pairs = block.count / 2
            for index in 0..<pairs {
                let (low, high) = (rounded[index], rounded[codes.count + index])
                codes[index] = UInt8(bitPattern: low &+ 8) | UInt8(bitPattern: high &+ 8) &<< 4
            }
            if pairs < codes.count { codes[pairs] = UInt8(bitPattern: rounded[pairs] &+ 8) | 0x80 }
        }
    }

    private static let round = cu_round_for(CU_AVX512) ?? cu_round_for(CU_AVX2) ?? cu_round_baseline()
}
