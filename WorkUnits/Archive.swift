/// Bytes that are not the archive they should be, and why. Thrown before anything is used.
public struct MalformedArchive: Error, Hashable, Sendable, CustomStringConvertible {
    public var reason: String

    public init(_ reason: String) {
        self.reason = reason
    }

    public var description: String { "malformed archive: \(reason)" }
}
