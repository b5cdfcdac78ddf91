// Scales and codes are checked in passes of their own, so that the loops that decode have no branches: the compiler turns
// them into vector instructions.

extension BlockCodec {
    /// - Parameter payload: `payloadBytes(count)` bytes.
    func decode(_ payload: [UInt8], count: Int) throws(MalformedPayload) -> [Float] {
        let scales = try check(payload, count: count)
        let codes = payload[(2 * scales.count)...]
        return codes.withUnsafeBufferPointer { codes in
            [Float](unsafeUninitializedCapacity: count) { values, initialized in
                guard var code = codes.baseAddress, var value = values.baseAddress else { return }
                // SAFETY: there are codeBytes(count) codes and room for count values, and a block takes its share of either.
                for (block, scale) in scales.enumerated() {
                    let size = min(Self.blockValues, count - block * Self.blockValues)
                    if isPacked {
                        Self.unpack(code, size, scale, into: value)
                    } else {
                        Self.widen(code, size, scale, into: value)
                    }
                    code += codeBytes(size)
                    value += size
                }
                initialized = count
            }
        }
    }

    /// Refuses what `encode` never writes.
    ///
    /// - Parameter payload: `payloadBytes(count)` bytes.
    /// - Returns: the scales.
    @discardableResult
    func check(_ payload: [UInt8], count: Int) throws(MalformedPayload) -> [Float] {
        let planes = payload[..<(2 * Self.blockCount(count))]
        let scales = BytePlanes.decode(planes, bytesEach: 2) { Float(bfloat16: $0) }
        let bounds = Self.smallestScale...UpdateCodec.largestMagnitude
        // Negative zero would be a second way to write zero.
        if let place = scales.firstIndex(where: { !bounds.contains($0) && $0.bitPattern != 0 }) {
            throw .scale(place, scales[place])
        }
        if let place = invalidCode(payload[(2 * scales.count)...], count: count) { throw .code(at: place) }
        return scales
    }

    /// One block of `int8`.
    private static func widen(
        _ codes: UnsafePointer<UInt8>, _ size: Int, _ scale: Float, into values: UnsafeMutablePointer<Float>
    ) {
        for index in 0..<size { values[index] = Float(Int32(Int8(bitPattern: codes[index]))) * scale }
    }

    /// One block of `int4`: the low halves of its bytes, then the high ones.
    private static func unpack(
        _ codes: UnsafePointer<UInt8>, _ size: Int, _ scale: Float, into values: UnsafeMutablePointer<Float>
    ) {
        let half = (size + 1) / 2
        for index in 0..<half { values[index] = Float(Int32(codes[index] & 15) &- 8) * scale }
        let upper = values + half
        for index in 0..<size - half { upper[index] = Float(Int32(codes[index] >> 4) &- 8) * scale }
    }

    /// The place of a value with a code that `encode` never writes: −128, or a half byte of 0; or `count` when the half
    /// byte that has no value is not 8.
    private func invalidCode(_ codes: ArraySlice<UInt8>, count: Int) -> Int? {
        if isPacked, count % 2 == 1, let last = codes.last, last >> 4 != 8 { return count }
        guard codes.withUnsafeBufferPointer(isPacked ? Self.containsEmptyHalf : Self.containsLowest) else { return nil }
        guard isPacked else { return codes.firstIndex(of: 0x80).map { $0 - codes.startIndex } }
        return codes.firstIndex { $0 & 0xF0 == 0 || $0 & 0x0F == 0 }.map { index in
            let byte = index - codes.startIndex
            let block = byte / (Self.blockValues / 2) * Self.blockValues
            let half = (min(Self.blockValues, count - block) + 1) / 2
            return block / 2 + byte + (codes[index] & 0x0F == 0 ? 0 : half)
        }
    }

    private static func containsLowest(_ codes: UnsafeBufferPointer<UInt8>) -> Bool {
        var found: UInt8 = 0
        for code in codes { found |= code == 0x80 ? 1 : 0 }
        return found != 0
    }

    private static func containsEmptyHalf(_ codes: UnsafeBufferPointer<UInt8>) -> Bool {
        var found: UInt8 = 0
        for code in codes { found |= (code & 0xF0 == 0 ? 1 : 0) | (code & 0x0F == 0 ? 1 : 0) }
        return found != 0
    }
}
