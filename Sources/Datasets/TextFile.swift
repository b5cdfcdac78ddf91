import Foundation

/// A file of UTF-8 text as documents.
enum TextFile {
    static func documents(at path: String, separator: String?) throws(CorpusFailure) -> [Document] {
        let bytes: [UInt8]
        do {
            bytes = Array(try Data(contentsOf: URL(filePath: path)))
        } catch {
            throw .unreadable(path: path, reason: error.localizedDescription)
        }
        if let byte = firstMalformedByte(in: bytes) { throw .notText(path: path, byte: byte) }
        return sections(of: bytes, separator: separator.map { Array($0.utf8) }).compactMap { section in
            document(section.lines, source: path, firstLine: section.firstLine)
        }
    }

    private static func firstMalformedByte(in bytes: [UInt8]) -> Int? {
        guard String(validating: bytes, as: UTF8.self) == nil else { return nil }
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var offset = 0
        while case .valid(let scalar) = parser.parseScalar(from: &iterator) { offset += scalar.count }
        return offset
    }

    /// The bytes between separator lines, and the number of the line with which each part begins.
    private static func sections(
        of bytes: [UInt8], separator: [UInt8]?
    ) -> [(lines: ArraySlice<UInt8>, firstLine: Int)] {
        guard let separator else { return [(bytes[...], 1)] }
        var sections: [(lines: ArraySlice<UInt8>, firstLine: Int)] = []
        var (start, firstLine, line) = (0, 1, 1)
        for content in bytes.split(separator: .lineFeed, omittingEmptySubsequences: false) {
            if (content.last == .carriageReturn ? content.dropLast() : content).elementsEqual(separator) {
                sections.append((bytes[start..<content.startIndex], firstLine))
                (start, firstLine) = (min(content.endIndex + 1, bytes.count), line + 1)
            }
            line += 1
        }
        return sections + [(bytes[start...], firstLine)]
    }

    /// - Returns: nil when there is no visible character.
    private static func document(_ bytes: ArraySlice<UInt8>, source: String, firstLine: Int) -> Document? {
        let start = bytes.drop { $0.isLineBreak }
        let text = String(
            decoding: start[..<(start.lastIndex { !$0.isLineBreak }.map { $0 + 1 } ?? start.startIndex)], as: UTF8.self)
        guard !text.unicodeScalars.allSatisfy(\.properties.isWhitespace) else { return nil }
        let skipped = bytes[..<start.startIndex].count { $0 == .lineFeed }
        return Document(text: text, source: source, line: firstLine + skipped)
    }
}

extension UInt8 {
    fileprivate static let lineFeed = UInt8(ascii: "\n")
    fileprivate static let carriageReturn = UInt8(ascii: "\r")

    fileprivate var isLineBreak: Bool { self == .lineFeed || self == .carriageReturn }
}
