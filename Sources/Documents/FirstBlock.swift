/// What the first bytes of a text say about the rest.
enum FirstBlock {
    static let bytes = 4096

    /// Passes a byte order mark.
    ///
    /// - Throws: for what is no text: another encoding's byte order mark, the signature of an archive or of a document
    ///   format, or many control characters. NUL is a character of UTF-8; what makes a file binary is that more than
    ///   one byte in twenty is a control character that texts do not have.
    static func check(_ window: inout TextWindow) throws(ReadingProblem) {
        while window.count < bytes, window.fill() {}
        let first = window.read { $0.copy(0..<min(bytes, $0.count)) }
        if let kind = problem(with: first) { throw ReadingProblem(kind, at: window.origin()) }
        if first.starts(with: [0xEF, 0xBB, 0xBF]) { window.drop(3) }
    }

    private static func problem(with first: [UInt8]) -> ReadingProblem.Kind? {
        if let (_, format) = signatures.first(where: { first.starts(with: $0.bytes) }) {
            return .foreign(format: format)
        }
        if let (_, name) = marks.first(where: { first.starts(with: $0.bytes) }) { return .otherEncoding(name: name) }
        return 20 * first.count(where: isUnusual) > first.count && first.contains(0) ? .binary : nil
    }

    private static let signatures: [(bytes: [UInt8], format: String)] = [
        ([0x1F, 0x8B, 0x08], "gzip inside gzip"),
        ([0x28, 0xB5, 0x2F, 0xFD], "compressed with zstd"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "compressed with xz"),
        ([0x42, 0x5A, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59], "compressed with bzip2"),
        ([0x50, 0x4B, 0x03, 0x04], "a zip archive"),
        ([0x50, 0x41, 0x52, 0x31, 0x15], "a Parquet file"),
        (Array("%PDF-1.".utf8), "a PDF document"),
    ]

    /// The longer ones first: UTF-32's begins like UTF-16's.
    private static let marks: [(bytes: [UInt8], name: String)] = [
        ([0xFF, 0xFE, 0x00, 0x00], "UTF-32"), ([0x00, 0x00, 0xFE, 0xFF], "UTF-32"), ([0xFF, 0xFE], "UTF-16"),
        ([0xFE, 0xFF], "UTF-16"),
    ]

    /// Control characters except white space, backspace and escape, which terminals' logs hold.
    private static func isUnusual(_ byte: UInt8) -> Bool {
        byte < 0x20 && !(0x08...0x0D).contains(byte) && byte != 0x1B
    }
}
