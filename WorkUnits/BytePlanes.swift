/// Numbers as byte planes: the lowest byte of every value, then the next byte of every value, up to the highest.
///
/// Signs and exponents resemble each other, mantissas do not: kept apart, the former compress well.
enum BytePlanes {
    /// - Parameter bits: of a value, in the lower `bytesEach` bytes.
    /// - Returns: `bytesEach · values.count` bytes.
    @inline(__always)
    static func encode(_ values: [Float], bytesEach: Int, bits: (Float) -> UInt32) -> [UInt8] {
        values.withUnsafeBufferPointer { values in
            [UInt8](unsafeUninitializedCapacity: values.count * bytesEach) { planes, initialized in
                guard let value = values.baseAddress, let start = planes.baseAddress else { return }
                for byte in 0..<bytesEach {
                    // SAFETY: there is room for bytesEach planes of values.count bytes.
                    let (plane, shift) = (start + byte * values.count, UInt32(8 * byte))
                    for index in 0..<values.count {
                        plane[index] = UInt8(truncatingIfNeeded: bits(value[index]) &>> shift)
                    }
                }
                initialized = values.count * bytesEach
            }
        }
    }

    /// The inverse of `encode`.
    ///
    /// - Parameter value: of bits in the lower `bytesEach` bytes.
    @inline(__always)
    static func decode(_ planes: ArraySlice<UInt8>, bytesEach: Int, value: (UInt32) -> Float) -> [Float] {
        let count = planes.count / bytesEach
        return planes.withUnsafeBufferPointer { planes in
            [Float](unsafeUninitializedCapacity: count) { values, initialized in
                guard let start = planes.baseAddress, let values = values.baseAddress else { return }
                for index in 0..<count {
                    var bits: UInt32 = 0
                    // SAFETY: there are bytesEach planes of `count` bytes, and room for `count` values.
                    for byte in 0..<bytesEach { bits |= UInt32(start[byte * count + index]) &<< UInt32(8 * byte) }
                    values[index] = value(bits)
                }
                initialized = count
            }
        }
    }
}

extension Float {
    /// The upper half of the bits, rounded to nearest, ties to even; a NaN stays one.
    var bfloat16: UInt32 {
        guard !isNaN else { return bitPattern >> 16 | 0x40 }
        let rounding = 0x7FFF + (bitPattern >> 16 & 1)
        return (bitPattern + rounding) >> 16
    }

    /// The least bfloat16 that is not below; for positive numbers.
    var roundedUpToBfloat16: Float { Float(bitPattern: (bitPattern + 0xFFFF) & 0xFFFF_0000) }

    /// From the upper half of the bits.
    init(bfloat16 bits: UInt32) {
        self.init(bitPattern: bits << 16)
    }
}
