import WorkUnits

/// Why a search for near-duplicates cannot go on.
public enum DeduplicationFailure: Error, Hashable, Sendable, CustomStringConvertible {
    case parameters(String)
    case file(FileFailure)
    case unreadable(UnreadableBytes)
    /// The folder holds fewer signatures than are said to be there.
    case missingSignatures(expected: Int, found: Int, path: String)
    case tooManyDocuments(limit: Int)

    public var description: String {
        switch self {
        case .parameters(let reason): "MinHash parameters: \(reason)"
        case .file(let failure): failure.description
        case .unreadable(let failure): failure.description
        case .missingSignatures(let expected, let found, let path):
            "\(path) holds \(found) signatures instead of \(expected): start again from the first document"
        case .tooManyDocuments(let limit): "more than \(limit) documents: search in parts"
        }
    }
}
