/// Numbers as byte planes: the lowest byte of every value, then the next byte of every value, up to the highest.
///
/// Signs and exponents resemble each other, mantissas do not: kept apart, the former compress well.
enum BytePlanes {
    /// The lower `bytesEach` bytes of every value: `bytesEach · values.count` bytes.
    static func encode(_ values: some Collection<UInt32>, bytesEach: Int) -> [UInt8] {
        var planes: [UInt8] = []
        planes.reserveCapacity(values.count * bytesEach)
        for plane in 0..<bytesEach {
            planes += values.lazy.map { UInt8(truncatingIfNeeded: $0 >> UInt32(8 * plane)) }
        }
        return planes
    }

    /// The inverse of `encode`.
    static func decode(_ planes: some RandomAccessCollection<UInt8>, bytesEach: Int) -> [UInt32] {
        let count = planes.count / bytesEach
        var values = [UInt32](repeating: 0, count: count)
        for plane in 0..<bytesEach {
            let bytes = planes.dropFirst(plane * count).prefix(count)
            for (index, byte) in bytes.enumerated() { values[index] |= UInt32(byte) << UInt32(8 * plane) }
        }
        return values
    }
}

extension Float {
    /// The upper half of the bits, rounded to nearest, ties to even; a NaN stays one.
    var bfloat16: UInt32 {
        guard !isNaN else { return bitPattern >> 16 | 0x40 }
        let rounding = 0x7FFF + (bitPattern >> 16 & 1)
        return (bitPattern + rounding) >> 16
    }

    /// The upper half of a positive number's bits, rounded up.
    var bfloat16Above: UInt32 { (bitPattern + 0xFFFF) >> 16 }

    /// From the upper half of the bits.
    init(bfloat16 bits: UInt32) {
        self.init(bitPattern: bits << 16)
    }
}
