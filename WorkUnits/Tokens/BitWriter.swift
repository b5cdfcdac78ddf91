/// Bits one after the other, from the most significant bit of the first byte.
struct BitWriter {
    private(set) var bytes: [UInt8] = []
    /// The bits that are not in `bytes` yet, fewer than 32, in the least significant places.
    private var pending: UInt64 = 0
    private var pendingCount = 0

    /// The bits of a value below 2^count, the most significant first.
    ///
    /// - Parameter count: 0 ... 32.
    mutating func append(_ value: UInt32, _ count: Int) {
        pending = pending << count | UInt64(value)
        pendingCount += count
        guard pendingCount >= 32 else { return }
        pendingCount -= 32
        withUnsafeBytes(of: UInt32(truncatingIfNeeded: pending >> pendingCount).bigEndian) { bytes += $0 }
    }

    /// Zeros up to the next whole byte.
    mutating func align() {
        append(0, -pendingCount & 7)
        while pendingCount > 0 {
            pendingCount -= 8
            bytes.append(UInt8(truncatingIfNeeded: pending >> pendingCount))
        }
    }
}
