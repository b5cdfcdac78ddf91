/// Ways to damage bytes, for decoders that must survive all of them.
extension [UInt8] {
    /// With 1 ... 8 bits flipped, if there are any.
    public func flippingBits(using random: inout SplitMix64) -> [UInt8] {
        var bytes = self
        guard !isEmpty else { return bytes }
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            bytes[Int.random(in: bytes.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        }
        return bytes
    }

    /// With a part cut out, and in its place a part of itself or random bytes.
    public func splicing(using random: inout SplitMix64) -> [UInt8] {
        var bytes = self
        let piece =
            Bool.random(using: &random)
            ? Array(self[randomRange(using: &random)]) : random.bytes(Int.random(in: 0...40, using: &random))
        bytes.replaceSubrange(randomRange(using: &random), with: piece)
        return bytes
    }

    /// With one 32-bit little-endian number forged to a value that often breaks decoders.
    public func forgingNumber(using random: inout SplitMix64) -> [UInt8] {
        let values: [UInt32] = [0, 1, 2, 0x7FFF_FFFF, 0x8000_0000, .max, .max - 1, 1 << 20, 1 << 16, 255]
        var bytes = self
        guard count >= 4, let value = values.randomElement(using: &random) else { return bytes }
        let offset = Int.random(in: 0...count - 4, using: &random)
        for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(index))) }
        return bytes
    }

    /// One of the above.
    public func mutated(using random: inout SplitMix64) -> [UInt8] {
        switch Int.random(in: 0..<3, using: &random) {
        case 0: flippingBits(using: &random)
        case 1: splicing(using: &random)
        default: forgingNumber(using: &random)
        }
    }

    private func randomRange(using random: inout SplitMix64) -> Range<Int> {
        let start = Int.random(in: 0...count, using: &random)
        return start..<Int.random(in: start...Swift.min(count, start + 40), using: &random)
    }
}
