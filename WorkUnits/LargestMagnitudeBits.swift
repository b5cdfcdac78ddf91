extension Sequence<Float> {
    /// Of the largest magnitude; 0 of no values. Bits are ordered as magnitudes are: those of infinity, and then of what
    /// is no number, are above all others. So one comparison tells whether all values are finite and within a bound, in a loop
    /// without branches.
    @inlinable package var largestMagnitudeBits: UInt32 {
        // Signed, as the most basic vectors compare them.
        UInt32(reduce(into: Int32(0)) { $0 = Swift.max($0, Int32(bitPattern: $1.magnitude.bitPattern)) })
    }
}
