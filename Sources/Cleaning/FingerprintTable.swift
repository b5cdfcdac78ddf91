/// How often each key of at most `capacity` was counted: open addressing, a 32-bit fingerprint beside a 32-bit count.
///
/// Two keys of a window of 65,536 are taken for one with a probability of about 10⁻⁵ for the whole window.
struct FingerprintTable {
    private var slots: [UInt64]
    private let shift: UInt64
    private let mask: Int

    init(capacity: Int) {
        let bits = max(4, Int.bitWidth - max(1, capacity * 2 - 1).leadingZeroBitCount)
        slots = Array(repeating: 0, count: 1 << bits)
        shift = UInt64(64 - bits)
        mask = (1 << bits) - 1
    }

    /// - Returns: how often the key was counted so far, this time included.
    mutating func count(_ key: UInt64) -> UInt32 {
        let mixed = (key ^ (key >> 32)) &* 0xD6E8_FEB8_6659_FD93
        let fingerprint = (mixed & 0xFFFF_FFFF) << 32
        var slot = Int(mixed >> shift)
        while true {
            let entry = slots[slot]
            if entry == 0 {
                slots[slot] = fingerprint | 1
                return 1
            }
            if entry & ~0xFFFF_FFFF == fingerprint {
                slots[slot] = entry + 1
                return UInt32(truncatingIfNeeded: entry + 1)
            }
            slot = (slot + 1) & mask
        }
    }

    mutating func removeAll() {
        for index in slots.indices { slots[index] = 0 }
    }

    /// Keys that are looked at together: what bounds the table, which stays in the processor's second cache.
    static let window = 65_536
}
