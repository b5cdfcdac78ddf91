/// How often each word of a text occurs: all that a tokenizer is trained on.
///
/// Texts are added batch by batch and not kept. Counts depend neither on threads nor on how texts are divided into
/// batches.
///
/// Memory is bounded: where there are more different words than `Limits` say, the rarest are forgotten until at most
/// half of the limit is left (lossy counting, Manku and Motwani, 2002). Words of more than 1,024 bytes are left out.
public struct WordCounts: ~Copyable {
    /// How many different words are counted before the rarest are forgotten.
    public struct Limits: Sendable, Hashable {
        public var words: Int
        /// Bytes of the words that are longer than 15 bytes, in all.
        public var longWordBytes: Int

        /// Two million words take about 100 MB here, and several times that while a tokenizer is trained on them.
        public init(words: Int = 1 << 21, longWordBytes: Int = 1 << 26) {
            (self.words, self.longWordBytes) = (words, longWordBytes)
        }
    }

    /// Texts are counted in blocks of about so many bytes; words are forgotten only between blocks.
    private static let blockBytes = 1 << 20

    public let pattern: SplitPattern
    public let limits: Limits
    /// Bytes of text added so far.
    public private(set) var bytes = 0
    /// How often the rarest words were forgotten: 0 when every count is exact.
    public private(set) var timesForgotten = 0

    private var table = WordTable()
    /// Text that does not fill a block yet.
    private var pending: [TextPiece] = []
    private var pendingBytes = 0

    public init(pattern: SplitPattern = .gpt2, limits: Limits = Limits()) {
        (self.pattern, self.limits) = (pattern, limits)
    }

    /// Different words counted so far, without those of the text that is kept for later.
    public var distinctWords: Int { table.count }

    /// Counts the words of texts. Up to 1 MB of them is kept to be counted with later ones.
    ///
    /// - Parameter threads: how many threads count.
    public mutating func add(_ texts: some Sequence<[UInt8]>, threads: Int) {
        var blocks: [[TextPiece]] = []
        for text in texts {
            bytes += text.count
            for piece in TextPiece.pieces(of: text) {
                pending.append(piece)
                pendingBytes += piece.count
                guard pendingBytes >= Self.blockBytes else { continue }
                blocks.append(pending)
                (pending, pendingBytes) = ([], 0)
                guard blocks.count >= 4 * threads else { continue }
                count(blocks, threads: threads)
                blocks = []
            }
        }
        count(blocks, threads: threads)
    }

    /// Every word and its count, in no particular order, after all text has been counted.
    consuming func forEach(_ body: (UnsafeBufferPointer<UInt8>, Int) -> Void) {
        let rest = pending
        count([rest], threads: 1)
        table.forEach { word, count in
            body(UnsafeBufferPointer(start: word.bytes, count: word.length), Int(count))
        }
    }

    /// Counts each block by itself, and adds the counts in the order of blocks.
    private mutating func count(_ blocks: [[TextPiece]], threads: Int) {
        let pattern = pattern
        let counted = Parallel.map(blocks, threads: threads) { block, _ in
            let counted = CountedBlock()
            for piece in block { piece.withUnsafeBytes { counted.table.count($0, pattern: pattern) } }
            return counted
        }
        for block in counted {
            block.table.forEach { table.add(Int($1), to: $0) }
            if table.count > limits.words || table.arenaBytes > limits.longWordBytes { forgetRarest() }
        }
    }

    /// Leaves at most half of the limits: all words that occur more often than some number of times.
    private mutating func forgetRarest() {
        timesForgotten += 1
        var byCount: [Int: (words: Int, longBytes: Int)] = [:]
        table.forEach { word, count in
            byCount[Int(count), default: (0, 0)].words += 1
            if !word.isInline { byCount[Int(count), default: (0, 0)].longBytes += word.length }
        }
        var kept = (words: 0, longBytes: 0)
        var least = Int.max
        for (count, words) in byCount.sorted(by: { $0.key > $1.key }) {
            kept = (kept.words + words.words, kept.longBytes + words.longBytes)
            guard 2 * kept.words <= limits.words, 2 * kept.longBytes <= limits.longWordBytes else { break }
            least = count
        }
        table.keep { $0 >= UInt64(least) }
    }
}

/// The words of one block, on their way from one thread to another.
private final class CountedBlock {
    var table = WordTable(capacity: 1 << 14)
}

extension WordTable {
    /// Counts the words of a text.
    fileprivate mutating func count(_ text: UnsafeRawBufferPointer, pattern: SplitPattern) {
        guard let start = text.baseAddress?.assumingMemoryBound(to: UInt8.self), text.count > 0 else { return }
        let scanner = WordScanner(start, count: text.count, pattern: pattern)
        var position = 0
        while position < text.count {
            let end = scanner.end(from: position)
            if end - position <= WordKey.longest {
                // SAFETY: the scanner ends words within the text.
                add(
                    1,
                    to: WordKey(start + position, length: end - position, readable: text.count - position, seed: seed))
            }
            position = end
        }
    }

    @inline(__always)
    fileprivate mutating func add(_ count: Int, to word: WordKey) {
        let slot = slot(of: word)
        if slot.pointee.isFree {
            insert(word, value: UInt64(count), at: slot)
        } else {
            slot.pointee.value += UInt64(count)
        }
    }
}
