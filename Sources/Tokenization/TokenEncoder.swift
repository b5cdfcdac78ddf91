/// Encodes many texts with one tokenizer and remembers the words it met: one for each thread.
///
/// Memory is bounded: all words are forgotten when there are too many, at most some 10 MB.
public struct TokenEncoder: ~Copyable {
    private static let maximumWords = 1 << 17
    private static let maximumArenaBytes = 1 << 22
    private static let bufferedIds = 1 << 12

    private let tokenizer: Tokenizer
    private var known: WordTable
    private var merger: WordMerger
    /// The ids of remembered words that have more than three.
    private var longIds: [UInt32] = []
    /// Where ids gather before they are appended to an array.
    private let buffer: UnsafeMutablePointer<UInt32>
    /// The words that are tokens, of a tokenizer that keeps them whole.
    private let wholeWords: WordTable

    public init(_ tokenizer: Tokenizer) {
        self.tokenizer = tokenizer
        known = WordTable(capacity: 1 << 12)
        merger = WordMerger(tokenizer)
        buffer = .allocate(capacity: Self.bufferedIds)
        wholeWords = tokenizer.keepsWholeWords ? tokenizer.tokens.table() : WordTable(capacity: 0)
    }

    deinit {
        buffer.deallocate()
    }

    /// The same ids as `Tokenizer.encode`.
    public mutating func encode(_ text: some StringProtocol) -> [UInt32] {
        encode(bytes: Array(text.utf8))
    }

    /// The same ids as `Tokenizer.encode(bytes:)`.
    public mutating func encode(bytes: [UInt8]) -> [UInt32] {
        var ids: [UInt32] = []
        ids.reserveCapacity(bytes.count / 4)
        bytes.withUnsafeBytes { encode($0, into: &ids) }
        return ids
    }

    /// Appends the ids of any bytes.
    public mutating func encode(_ bytes: UnsafeRawBufferPointer, into ids: inout [UInt32]) {
        guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count > 0 else { return }
        let scanner = WordScanner(start, count: bytes.count, pattern: tokenizer.pattern)
        var (position, buffered) = (0, 0)
        while position < bytes.count {
            let end = scanner.end(from: position)
            let length = end - position
            let packed: PackedIds
            if length <= WordKey.longest {
                // SAFETY: the scanner ends words within the bytes.
                let word = WordKey(start + position, length: length, readable: bytes.count - position, seed: known.seed)
                let slot = known.slot(of: word)
                packed = slot.pointee.isFree ? learn(word, at: slot) : PackedIds(bits: slot.pointee.value)
            } else {
                merger.merge(UnsafeBufferPointer(start: start + position, count: length))
                packed = PackedIds(bits: 0)
            }
            position = end
            // SAFETY: `buffered` leaves room for three ids whenever a word begins.
            if packed.count > 0 {
                packed.store(at: buffer + buffered)
                buffered += packed.count
                if buffered + 3 <= Self.bufferedIds { continue }
            }
            ids.append(contentsOf: UnsafeBufferPointer(start: buffer, count: buffered))
            buffered = 0
            if packed.count == 0 { ids += length > WordKey.longest ? merger.tokens[...] : longIds[packed.range] }
        }
        ids.append(contentsOf: UnsafeBufferPointer(start: buffer, count: buffered))
    }

    /// The ids of a word that is not known, which it is from now on.
    @inline(never)
    private mutating func learn(_ word: WordKey, at slot: UnsafeMutablePointer<WordTable.Slot>) -> PackedIds {
        var slot = slot
        if known.count >= Self.maximumWords || known.arenaBytes + 4 * longIds.count > Self.maximumArenaBytes {
            known.removeAll()
            longIds.removeAll(keepingCapacity: true)
            slot = known.slot(of: word)
        }
        let whole = wholeWords.slot(of: word).pointee
        if !whole.isFree {
            let packed = PackedIds([UInt32(whole.value)])
            known.insert(word, value: packed.bits, at: slot)
            return packed
        }
        merger.merge(UnsafeBufferPointer(start: word.bytes, count: word.length))
        let packed: PackedIds
        if merger.tokens.count <= 3 {
            packed = PackedIds(merger.tokens)
        } else {
            packed = PackedIds(range: longIds.count..<longIds.count + merger.tokens.count)
            longIds += merger.tokens
        }
        known.insert(word, value: packed.bits, at: slot)
        return packed
    }
}

/// The ids of one word in 64 bits: up to three ids themselves, or where more of them lie.
private struct PackedIds {
    let bits: UInt64

    /// 1 ... 3, or 0 where `range` says where the ids are.
    var count: Int { Int(bits & 3) }

    var range: Range<Int> {
        let start = Int(bits >> 32)
        return start..<start + Int(bits >> 4 & 0xFFF_FFFF)
    }

    init(bits: UInt64) {
        self.bits = bits
    }

    /// - Parameter ids: 1 ... 3, each below 2²⁰: a vocabulary is smaller.
    init(_ ids: [UInt32]) {
        bits = ids.enumerated().reduce(UInt64(ids.count)) { $0 | UInt64($1.element) << (4 + 20 * UInt64($1.offset)) }
    }

    init(range: Range<Int>) {
        bits = UInt64(range.lowerBound) << 32 | UInt64(range.count) << 4
    }

    /// Writes three ids, of which `count` are meant.
    @inline(__always)
    func store(at target: UnsafeMutablePointer<UInt32>) {
        let mask: UInt64 = 1 << 20 - 1
        target[0] = UInt32(bits >> 4 & mask)
        target[1] = UInt32(bits >> 24 & mask)
        target[2] = UInt32(bits >> 44 & mask)
    }
}

extension TokenBytes {
    /// The id of each token by its bytes.
    fileprivate func table() -> WordTable {
        var table = WordTable(capacity: count)
        for id in 0..<count {
            let token = Array(self[id])
            guard (1...WordKey.longest).contains(token.count) else { continue }
            token.withUnsafeBufferPointer { bytes in
                guard let start = bytes.baseAddress else { return }
                let word = WordKey(start, length: bytes.count, readable: bytes.count, seed: table.seed)
                let slot = table.slot(of: word)
                if slot.pointee.isFree { table.insert(word, value: UInt64(id), at: slot) }
            }
        }
        return table
    }
}
