/// Why files did not become documents. Names the file, and the byte where there is one.
public enum CorpusFailure: Error, Hashable, Sendable, CustomStringConvertible {
    case missing(path: String)
    /// The system does not let it be read, or it is neither a file nor a folder.
    case unreadable(path: String, reason: String)
    /// The byte at this offset is not part of well-formed UTF-8.
    case notText(path: String, byte: Int)
    case noFiles(paths: [String], excluding: [String])
    /// All files together hold no visible character.
    case noText(paths: [String])
    /// A single document cannot be divided for validation.
    case oneDocument(source: String)
    /// No document that was read comes from a file with such a name.
    case nothingHeldOut(pattern: String)
    /// Every document comes from a file that is to be held out.
    case everythingHeldOut(patterns: [String])

    public var description: String {
        switch self {
        case .missing(let path): "\(path): there is no such file or folder"
        case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
        case .notText(let path, let byte):
            "\(path): byte \(byte) is not UTF-8 text; convert the file to UTF-8 or exclude it"
        case .noFiles(let paths, let excluding):
            "\(paths.joined(separator: ", ")): no files to read"
                + (excluding.isEmpty ? "" : " that are not excluded by \(excluding.joined(separator: ", "))")
        case .noText(let paths): "\(paths.joined(separator: ", ")): the files hold no text"
        case .oneDocument(let source):
            "\(source): one document cannot be divided for validation; add files, or name the separator line that"
                + " divides this one into documents (an empty separator means blank lines)"
        case .nothingHeldOut(let pattern):
            "'\(pattern)' is to be held out for validation, but no file that was read has such a name"
        case .everythingHeldOut(let patterns):
            "\(patterns.joined(separator: ", ")): that holds out every file; nothing is left to train on"
        }
    }
}
