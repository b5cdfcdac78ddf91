import Pages

/// How many documents there are, and how long they are together.
public struct TextCount: Codable, Hashable, Sendable {
    public var documents = 0
    /// UTF-8 bytes.
    public var bytes = 0

    public init() {}

    mutating func add(_ length: Int) {
        documents += 1
        bytes += length
    }

    mutating func add(_ other: TextCount) {
        documents += other.documents
        bytes += other.bytes
    }
}

extension TextCount: CustomStringConvertible {
    public var description: String { "\(documents), \(Figures.bytes(bytes))" }
}
