import Foundation

/// How many lines or paragraphs of a document were there before, in number and in bytes.
struct RepeatedParts {
    private var table: FingerprintTable
    private var parts = 0
    private var bytes = 0
    private var repeatedParts = 0
    private var repeatedBytes = 0

    init(linesOf text: [UInt8]) {
        self.init(text, separators: 1)
    }

    init(paragraphsOf text: [UInt8]) {
        self.init(text, separators: 2)
    }

    /// Parts end before so many line feeds in a row, or more.
    private init(_ text: [UInt8], separators: Int) {
        // A part and its separators have more bytes than separators.
        table = FingerprintTable(capacity: min(text.count / (separators + 1) + 1, FingerprintTable.window))
        text.withUnsafeBytes { text in
            var start = 0
            var end = Self.lineFeed(text, from: 0)
            while end < text.count {
                let feeds = separators == 1 || (end + 1 < text.count && text[end + 1] == 0x0A) ? separators : 0
                if feeds > 0 {
                    count(UnsafeRawBufferPointer(rebasing: text[start..<end]))
                    start = end + feeds
                }
                end = Self.lineFeed(text, from: max(start, end + 1))
            }
            count(UnsafeRawBufferPointer(rebasing: text[min(start, end)..<end]))
        }
    }

    /// The position of the next line feed, or the end of the text.
    private static func lineFeed(_ text: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard start < text.count, let base = text.baseAddress else { return text.count }
        // SAFETY: the bytes searched are those from `start`, inside the buffer, to its end.
        return memchr(base + start, 0x0A, text.count - start).map { UnsafeRawPointer($0) - base } ?? text.count
    }

    func exceed(share: Double, byteShare: Double) -> Bool {
        Double(repeatedParts) > share * Double(parts) || Double(repeatedBytes) > byteShare * Double(bytes)
    }

    private mutating func count(_ part: UnsafeRawBufferPointer) {
        var (start, end) = (0, part.count)
        while start < end, part[start] <= 0x20 { start += 1 }
        while end > start, part[end - 1] <= 0x20 { end -= 1 }
        guard start < end else { return }
        if parts > 0, parts % FingerprintTable.window == 0 { table.removeAll() }
        parts += 1
        bytes += end - start
        if table.count(Self.hash(UnsafeRawBufferPointer(rebasing: part[start..<end]))) > 1 {
            repeatedParts += 1
            repeatedBytes += end - start
        }
    }

    /// Eight bytes at a time; the last ones are padded, and the length tells padding from zeros.
    private static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash = UInt64(bytes.count)
        var index = 0
        while index < bytes.count {
            var word: UInt64 = 0
            if index + 8 <= bytes.count {
                // SAFETY: the eight bytes end inside the buffer.
                word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            } else {
                for position in (index..<bytes.count).reversed() { word = word << 8 | UInt64(bytes[position]) }
            }
            hash = (hash ^ word) &* 0x9FB2_1C65_1E98_DF25
            hash ^= hash >> 32
            index += 8
        }
        return hash
    }
}
