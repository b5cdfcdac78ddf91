/// A number for each of many words: a flat hash table with linear probing, at most half full.
///
/// A slot holds a short word itself, so that finding one touches one cache line; longer words lie in one arena.
struct WordTable: ~Copyable {
    struct Slot {
        /// As in `WordKey`; of a long word, `high` is 0x80, 16 bits of length and 40 of its place in the arena.
        fileprivate(set) var low: UInt64
        /// Zero marks a free slot: every word has a length.
        fileprivate(set) var high: UInt64
        var value: UInt64

        @inline(__always)
        var isFree: Bool { high == 0 }
        fileprivate var isLong: Bool { high >> 63 == 1 }
        fileprivate var length: Int { isLong ? Int(high >> 40 & 0xFFFF) : Int(high >> 56) }
        fileprivate var place: Int { Int(high & 0xFF_FFFF_FFFF) }
    }

    private(set) var count = 0
    private var slots: UnsafeMutableBufferPointer<Slot>
    private var arena: [UInt8] = []
    let seed = HashSeed.ofThisProcess

    init(capacity: Int = 1 << 10) {
        slots = Self.emptySlots(max(4, Int.bitWidth - (2 * capacity).leadingZeroBitCount))
    }

    deinit {
        slots.deallocate()
    }

    private static func emptySlots(_ bits: Int) -> UnsafeMutableBufferPointer<Slot> {
        let slots = UnsafeMutableBufferPointer<Slot>.allocate(capacity: 1 << bits)
        slots.initialize(repeating: Slot(low: 0, high: 0, value: 0))
        return slots
    }

    /// Bytes that the words take beside their slots.
    var arenaBytes: Int { arena.count }

    /// The slot of the word, or the free one where `insert` puts it. Valid until the next `insert` or `removeAll`.
    @inline(__always)
    func slot(of word: WordKey) -> UnsafeMutablePointer<Slot> {
        // SAFETY: the table is never full, and `mask` keeps indices inside it.
        let start = slots.baseAddress.unsafelyUnwrapped
        let mask = slots.count &- 1
        var index = Int(truncatingIfNeeded: word.hash) & mask
        while true {
            let slot = start + index
            if slot.pointee.low == word.low, slot.pointee.high == word.high { return slot }
            if slot.pointee.isFree || (!word.isInline && isSame(slot.pointee, word)) { return slot }
            index = (index &+ 1) & mask
        }
    }

    private func isSame(_ slot: Slot, _ word: WordKey) -> Bool {
        guard slot.isLong, slot.low == word.low, slot.length == word.length else { return false }
        return arena[slot.place..<slot.place + slot.length].elementsEqual(
            UnsafeBufferPointer(start: word.bytes, count: word.length))
    }

    /// Puts a word that is not there into its free slot.
    mutating func insert(_ word: WordKey, value: UInt64, at slot: UnsafeMutablePointer<Slot>) {
        var high = word.high
        if !word.isInline {
            high = 1 << 63 | UInt64(word.length) << 40 | UInt64(arena.count)
            arena.append(contentsOf: UnsafeBufferPointer(start: word.bytes, count: word.length))
        }
        slot.pointee = Slot(low: word.low, high: high, value: value)
        count += 1
        if 2 * count > slots.count { grow() }
    }

    mutating func removeAll() {
        slots.update(repeating: Slot(low: 0, high: 0, value: 0))
        arena.removeAll(keepingCapacity: true)
        count = 0
    }

    private mutating func grow() {
        let old = slots
        slots = Self.emptySlots(slots.count.trailingZeroBitCount + 1)
        let mask = slots.count - 1
        for slot in old where !slot.isFree {
            let hash = slot.isLong ? slot.low : seed.hash(slot.low, slot.high)
            var index = Int(truncatingIfNeeded: hash) & mask
            while !slots[index].isFree { index = (index + 1) & mask }
            slots[index] = slot
        }
        old.deallocate()
    }

    /// Removes every word whose number does not satisfy `condition`.
    mutating func keep(where condition: (UInt64) -> Bool) {
        var kept = WordTable(capacity: count / 2)
        forEach { word, value in
            if condition(value) { kept.insert(word, value: value, at: kept.slot(of: word)) }
        }
        self = kept
    }

    /// Every word and its number, in no particular order.
    func forEach(_ body: (WordKey, UInt64) -> Void) {
        for slot in slots where !slot.isFree {
            if slot.isLong {
                arena.withUnsafeBufferPointer { bytes in
                    // SAFETY: an arena that holds a word is not empty.
                    let start = bytes.baseAddress.unsafelyUnwrapped + slot.place
                    body(
                        WordKey(start, length: slot.length, readable: bytes.count - slot.place, seed: seed), slot.value)
                }
            } else {
                withUnsafeBytes(of: (slot.low.littleEndian, slot.high.littleEndian)) { bytes in
                    // SAFETY: 16 bytes on the stack.
                    let start = bytes.baseAddress.unsafelyUnwrapped.assumingMemoryBound(to: UInt8.self)
                    body(WordKey(start, length: slot.length, readable: 16, seed: seed), slot.value)
                }
            }
        }
    }
}
