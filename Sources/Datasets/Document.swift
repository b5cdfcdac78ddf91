import WorkUnits

/// One text of a dataset, and where it was found.
public struct Document: Hashable, Sendable {
    /// Not empty, and without line breaks at its ends.
    public let text: String
    /// The file's path, as it was named or found.
    public let source: String
    /// The line on which the text begins, from 1.
    public let line: Int
    /// Digest of the text's UTF-8: equal documents have equal digests.
    public let digest: Digest

    public init(text: String, source: String, line: Int) {
        self.text = text
        self.source = source
        self.line = line
        digest = Digest(of: text.utf8)
    }
}

extension [Document] {
    /// A seeded order that depends on the texts alone: not on the names of files, nor on the order of reading.
    ///
    /// Documents are sorted by SHA-256 of purpose, seed and their own digest.
    func shuffled(seed: UInt64, purpose: String) -> [Document] {
        let prefix = [UInt8]("caravan \(purpose) \(seed) ".utf8)
        return map { (key: Digest(of: prefix + $0.digest.bytes), document: $0) }
            .sorted { $0.key < $1.key }
            .map(\.document)
    }
}
