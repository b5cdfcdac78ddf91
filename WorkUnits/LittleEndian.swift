extension [UInt8] {
    /// The integer whose bytes, least significant first, begin at `offset`.
    @inlinable
    package func littleEndian<Value: FixedWidthInteger & UnsignedInteger>(_ type: Value.Type, at offset: Int) -> Value {
        var value: Value = 0
        for index in 0..<MemoryLayout<Value>.size {
            value |= Value(truncatingIfNeeded: self[offset + index]) << Value(8 * index)
        }
        return value
    }

    @inlinable
    package mutating func appendLittleEndian(_ value: some FixedWidthInteger & UnsignedInteger) {
        for index in 0..<value.bitWidth / 8 {
            append(UInt8(truncatingIfNeeded: value >> (8 * index)))
        }
    }

    /// IEEE 754 single precision, 4 bytes each, least significant first.
    package init(littleEndian values: [Float]) {
        self.init(unsafeUninitializedCapacity: values.count * 4) { bytes, count in
            for (index, value) in values.enumerated() {
                // SAFETY: index < values.count, and the capacity is four bytes for each value.
                UnsafeMutableRawBufferPointer(bytes).storeBytes(
                    of: value.bitPattern.littleEndian, toByteOffset: index * 4, as: UInt32.self)
            }
            count = values.count * 4
        }
    }
}

extension [Float] {
    /// Calls `body` with the bytes of `[UInt8].init(littleEndian:)`, without a copy where memory has them already.
    package func withLittleEndianBytes<Value>(_ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value {
        #if _endian(little)
        try withUnsafeBytes(body)
        #else
        try [UInt8](littleEndian: self).withUnsafeBytes(body)
        #endif
    }

    /// The inverse of `[UInt8].init(littleEndian:)`; trailing bytes that are not a whole number are ignored.
    package init(littleEndian bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { bytes in
            (0..<bytes.count / 4).map { index in
                // SAFETY: index < bytes.count / 4, so four bytes lie at 4 · index.
                Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self)))
            }
        }
    }
}
