/// Two neighbouring tokens. Ordered by the left id, then the right one.
struct TokenPair: Hashable, Comparable, Sendable {
    let key: UInt64

    @inline(__always)
    init(_ left: UInt32, _ right: UInt32) {
        key = UInt64(left) << 32 | UInt64(right)
    }

    init(key: UInt64) {
        self.key = key
    }

    var left: UInt32 { UInt32(truncatingIfNeeded: key >> 32) }
    var right: UInt32 { UInt32(truncatingIfNeeded: key) }

    static func < (one: TokenPair, other: TokenPair) -> Bool {
        one.key < other.key
    }
}

/// Numbers by token pair: a flat hash table with linear probing, at most half full.
struct PairTable: Sendable {
    private struct Slot {
        var key: UInt64
        var value: UInt64
    }

    /// No pair: ids stay far below 2³² - 1.
    private static let free = UInt64.max

    private var slots: [Slot]
    private var shift: Int
    private var count = 0
    /// Odd, so that multiply-shift is nearly universal (Dietzfelbinger et al., 1997).
    private let multiplier = HashSeed.ofThisProcess.first | 1

    /// - Parameter capacity: how many pairs fit before the table grows.
    init(capacity: Int = 0) {
        let bits = max(4, Int.bitWidth - (2 * capacity).leadingZeroBitCount)
        slots = Array(repeating: Slot(key: Self.free, value: 0), count: 1 << bits)
        shift = 64 - bits
    }

    /// The slot of the pair, or the free one where it would be.
    @inline(__always)
    private func index(of key: UInt64) -> Int {
        var index = Int(truncatingIfNeeded: (key &* multiplier) >> UInt64(shift))
        while slots[index].key != key, slots[index].key != Self.free { index = (index &+ 1) & (slots.count &- 1) }
        return index
    }

    @inline(__always)
    subscript(_ pair: TokenPair) -> UInt64? {
        let slot = slots[index(of: pair.key)]
        return slot.key == Self.free ? nil : slot.value
    }

    /// - Returns: the value that stands there: `value`, unless the pair had one before.
    @discardableResult
    mutating func insert(_ pair: TokenPair, _ value: UInt64) -> UInt64 {
        let index = index(of: pair.key)
        guard slots[index].key == Self.free else { return slots[index].value }
        slots[index] = Slot(key: pair.key, value: value)
        count += 1
        if 2 * count > slots.count { grow() }
        return value
    }

    /// Every pair and its number, in no particular order.
    func forEach(_ body: (TokenPair, UInt64) -> Void) {
        for slot in slots where slot.key != Self.free { body(TokenPair(key: slot.key), slot.value) }
    }

    private mutating func grow() {
        var larger = PairTable(capacity: slots.count)
        for slot in slots where slot.key != Self.free { larger.slots[larger.index(of: slot.key)] = slot }
        larger.count = count
        self = larger
    }
}
