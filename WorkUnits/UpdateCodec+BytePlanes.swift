/// Numbers as byte planes: the lowest byte of every value, then the next byte of every value, up to the highest.
///
/// Signs and exponents resemble each other, mantissas do not: kept apart, the former compress well.
extension UpdateCodec {
    public var bytesPerValue: Int {
        switch self {
        case .float32: 4
        case .bfloat16: 2
        }
    }

    /// `bytesPerValue · values.count` bytes.
    func encode(_ values: ArraySlice<Float>) -> [UInt8] {
        var planes: [UInt8] = []
        planes.reserveCapacity(values.count * bytesPerValue)
        for shift in shifts {
            switch self {
            case .float32: planes += values.lazy.map { UInt8(truncatingIfNeeded: $0.bitPattern >> shift) }
            case .bfloat16: planes += values.lazy.map { UInt8(truncatingIfNeeded: $0.bfloat16 >> shift) }
            }
        }
        return planes
    }

    /// The inverse of `encode`, up to bfloat16's rounding.
    func decode(_ planes: [UInt8]) -> [Float] {
        let count = planes.count / bytesPerValue
        var bits = [UInt32](repeating: 0, count: count)
        // A bfloat16 is the upper half of a float32.
        let lowest: UInt32 = self == .bfloat16 ? 16 : 0
        for (plane, shift) in shifts.enumerated() {
            let bytes = planes[plane * count..<(plane + 1) * count]
            for (index, byte) in bytes.enumerated() { bits[index] |= UInt32(byte) << (shift + lowest) }
        }
        return bits.map { Float(bitPattern: $0) }
    }

    private var shifts: StrideTo<UInt32> { stride(from: 0, to: UInt32(bytesPerValue * 8), by: 8) }
}

extension Float {
    /// The upper half of the bits, rounded to nearest, ties to even; a NaN stays one.
    var bfloat16: UInt32 {
        guard !isNaN else { return bitPattern >> 16 | 0x40 }
        let rounding = 0x7FFF + (bitPattern >> 16 & 1)
        return (bitPattern + rounding) >> 16
    }
}
