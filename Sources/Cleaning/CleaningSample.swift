/// A short piece of a document that a step changed or removed.
public struct CleaningSample: Hashable, Sendable, Codable {
    /// The caller's number of the document.
    public var document: UInt64
    /// From shortly before the first difference, or the document's beginning if it was removed.
    public var before: String
    /// The same place afterwards; nil if the document was removed.
    public var after: String?

    /// Bytes of an excerpt, at most, and of those the most that stand before the difference.
    static let excerptBytes = 160
    static let leadingBytes = 40

    init(document: UInt64, removing text: [UInt8]) {
        self.document = document
        before = Self.excerpt(of: text, from: 0)
    }

    init(document: UInt64, changing old: [UInt8], to new: [UInt8]) {
        self.document = document
        let common = zip(old, new).prefix { $0 == $1 }.count
        let start = max(0, common - Self.leadingBytes)
        before = Self.excerpt(of: old, from: start)
        after = Self.excerpt(of: new, from: start)
    }

    /// Whole characters only.
    private static func excerpt(of text: [UInt8], from start: Int) -> String {
        let isContinuation = { (byte: UInt8) in byte & 0xC0 == 0x80 }
        let start = text[start...].firstIndex { !isContinuation($0) } ?? text.count
        var end = min(text.count, start + excerptBytes)
        while end > start, end < text.count, isContinuation(text[end]) { end -= 1 }
        return String(decoding: text[start..<end], as: UTF8.self)
    }
}
