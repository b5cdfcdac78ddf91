import Compression

/// What could not be read, where, and what to do about it.
public struct ReadingProblem: Error, Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        // The whole file, or what was asked for.
        case missing
        /// No file has such a path.
        case noMatch
        case unreadable(reason: String)
        /// A kind of file that is no text, such as `a zip archive`.
        case foreign(format: String)
        case binary
        /// Such as `UTF-16`.
        case otherEncoding(name: String)
        case malformedOptions(reason: String)
        case noHeader
        case tooManyColumns(limit: Int)
        case unknownColumn(name: String, advice: String)
        case ambiguousColumn(name: String)

        // One document.
        case malformedUTF8
        case tooLong(limit: Int)
        case malformedJSON(reason: String)
        case missingField(name: String, advice: String)
        /// The field holds an object or a list.
        case fieldIsNoText(name: String)
        case wrongColumns(expected: Int, found: Int)
        case openQuote(limit: Int)
        case textAfterQuote

        // From here to the next member.
        case brokenGzip(GzipReader.BrokenMember)
    }

    public var origin: Origin
    public var kind: Kind

    public init(_ kind: Kind, at origin: Origin) {
        self.kind = kind
        self.origin = origin
    }
}

extension ReadingProblem: CustomStringConvertible {
    public var description: String {
        let place = hasPlace ? ", line \(origin.line), byte \(origin.byte)" : ""
        return "\(origin.source)\(place): \(reason)"
    }

    private var hasPlace: Bool {
        switch kind {
        case .missing, .noMatch, .foreign, .binary, .otherEncoding, .malformedOptions: false
        case .unreadable: origin.byte > 0
        default: true
        }
    }

    private var reason: String {
        switch kind {
        case .missing: "there is no such file or folder"
        case .noMatch: "no file has such a name"
        case .unreadable(let reason): "cannot be read: \(reason)"
        case .foreign(let format): "is \(format), not text; unpack or convert it, or exclude it"
        case .binary: "is not text; exclude it, or convert it to UTF-8 if it is text of another encoding"
        case .otherEncoding(let name): "is text in \(name); convert it to UTF-8"
        case .malformedOptions(let reason): reason
        case .noHeader: "the table has no header row; the first row must name the columns"
        case .tooManyColumns(let limit): "the header row names more than \(limit) columns; is this a table?"
        case .unknownColumn(let name, let advice): "there is no column '\(name)'; \(advice)"
        case .ambiguousColumn(let name): "more than one column is called '\(name)'; rename one"
        case .malformedUTF8: "a byte is not UTF-8; this document is lost; convert the file to UTF-8"
        case .tooLong(let limit):
            "a document of more than \(limit) bytes is lost; name the separator of its documents, or raise the limit"
        case .malformedJSON(let reason): "the line is not a JSON object: \(reason); it is lost"
        case .missingField(let name, let advice): "the line has no field '\(name)'; it is lost; \(advice)"
        case .fieldIsNoText(let name):
            "the field '\(name)' holds an object or a list, not text; the line is lost; name a field that holds text"
        case .wrongColumns(let expected, let found):
            "the row has \(Self.columns(found)) where the header has \(expected); it is lost;"
                + " quote fields that hold the delimiter"
        case .openQuote(let limit):
            "no quote closes this field within \(limit) bytes; its line is lost; double each quote inside quotes,"
                + " or read the table without quotes"
        case .textAfterQuote:
            "text follows a closing quote; its line is lost; double each quote inside quotes, or read the table"
                + " without quotes"
        case .brokenGzip(let member):
            "the gzip member at compressed byte \(member.offset) is broken: \(member.reason); from here to the next"
                + " member all is lost, and what was read of this one may be damaged; fetch the file again"
        }
    }

    private static func columns(_ count: Int) -> String { count == 1 ? "1 column" : "\(count) columns" }
}
