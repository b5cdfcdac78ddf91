/// Name and size of a file's content.
public struct FileDigest: Codable, Hashable, Sendable {
    public var digest: Digest
    public var bytes: Int

    public init(digest: Digest, bytes: Int) {
        self.digest = digest
        self.bytes = bytes
    }

    public static func read(_ path: String) throws(UnreadableBytes) -> FileDigest {
        let file = try FileBytes(path: path)
        return FileDigest(digest: try Digest(reading: file), bytes: file.count)
    }
}
