// Scales and codes are checked in passes of their own, so that the loops that decode have no branches: the compiler turns
// them into vector instructions.

extension BlockCodec {
    /// - Parameter payload: `payloadBytes(count)` bytes.
    func decode(_ payload: [UInt8], count: Int) throws(MalformedPayload) -> [Float] {
        let scales = try scales(payload, count: count)
        let codes = payload[(2 * scales.count)...]
        if let place = invalidCode(codes, count: count) { throw .code(at: place) }
        return codes.withUnsafeBufferPointer { codes in
            [Float](unsafeUninitializedCapacity: count) { values, initialized in
                // SAFETY: there are codeBytes(count) codes, and room for count values.
                for (block, scale) in scales.enumerated() {
                    let start = block * Self.blockValues
                    let size = min(Self.blockValues, count - start)
                    if isPacked {
                        unpack(codes, from: start / 2, scale, into: values, from: start, size)
                    } else {
                        for index in start..<start + size {
                            values[index] = Float(Int32(Int8(bitPattern: codes[index]))) * scale
                        }
                    }
                }
                initialized = count
            }
        }
    }

    private func scales(_ payload: [UInt8], count: Int) throws(MalformedPayload) -> [Float] {
        let planes = payload[..<(2 * Self.blockCount(count))]
        let scales = BytePlanes.decode(planes, bytesEach: 2).map { Float(bfloat16: $0) }
        let bounds = Self.smallestScale...UpdateCodec.largestMagnitude
        // Negative zero would be a second way to write zero.
        if let place = scales.firstIndex(where: { !bounds.contains($0) && $0.bitPattern != 0 }) {
            throw .scale(place, scales[place])
        }
        return scales
    }

    /// Every code of a block, low halves first: `(size + 1) / 2` bytes to `size` values.
    @inline(__always)
    private func unpack(
        _ codes: UnsafeBufferPointer<UInt8>, from byte: Int, _ scale: Float,
        into values: UnsafeMutableBufferPointer<Float>,
        from start: Int, _ size: Int
    ) {
        let half = (size + 1) / 2
        for index in 0..<half { values[start + index] = Float(Int32(codes[byte + index] & 15) - 8) * scale }
        for index in 0..<size - half {
            values[start + half + index] = Float(Int32(codes[byte + index] >> 4) - 8) * scale
        }
    }

    /// The place of a value with a code that `encode` never writes: −128, or a half byte of 0; or `count` when the half
    /// byte that has no value is not 8.
    private func invalidCode(_ codes: ArraySlice<UInt8>, count: Int) -> Int? {
        guard isPacked else {
            return codes.firstIndex(of: 0x80).map { $0 - codes.startIndex }
        }
        if count % 2 == 1, let last = codes.last, last >> 4 != 8 { return count }
        var invalid: UInt8 = 0
        for code in codes { invalid |= (code & 0xF0 == 0 ? 1 : 0) | (code & 0x0F == 0 ? 1 : 0) }
        guard invalid != 0 else { return nil }
        return codes.firstIndex { $0 & 0xF0 == 0 || $0 & 0x0F == 0 }.map { byte in
            let byte = byte - codes.startIndex
            let block = byte / (Self.blockValues / 2) * Self.blockValues
            let place = block + byte - block / 2
            let half = (min(Self.blockValues, count - block) + 1) / 2
            return codes[codes.startIndex + byte] & 0x0F == 0 ? place : place + half
        }
    }
}
