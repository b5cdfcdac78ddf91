/// One text, and where it was found.
public struct Document: Hashable, Sendable {
    /// Well-formed UTF-8 with a character other than white space, and without line breaks at its ends.
    public var text: [UInt8]
    public var origin: Origin

    public init(text: [UInt8], origin: Origin) {
        self.text = text
        self.origin = origin
    }

    public var string: String { String(decoding: text, as: UTF8.self) }
}

/// A place in a text.
public struct Origin: Hashable, Sendable {
    /// The file's path, as it was named or found; `standard input`.
    public var source: String
    /// From 1. A line ends with a line feed, whether a carriage return stands before it or not.
    public var line: Int
    /// Offset from the text's first byte, from 0: of a compressed file, after decompression.
    public var byte: Int

    public init(source: String, line: Int = 1, byte: Int = 0) {
        self.source = source
        self.line = line
        self.byte = byte
    }
}

/// What reading comes upon.
public enum Reading: Hashable, Sendable {
    case document(Document)
    /// Something is lost; reading goes on behind it.
    case problem(ReadingProblem)
}
