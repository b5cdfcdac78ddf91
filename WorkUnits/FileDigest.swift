import Foundation

/// Name and size of a file's content, read piece by piece.
public struct FileDigest: Codable, Hashable, Sendable {
    public var digest: Digest
    public var bytes: Int

    public init(digest: Digest, bytes: Int) {
        self.digest = digest
        self.bytes = bytes
    }

    public static func read(_ path: String) throws(FileFailure) -> FileDigest {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw FileFailure("open", path) }
        defer { close(file) }
        var hasher = DigestHasher()
        var bytes = 0
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = Foundation.read(file, &buffer, buffer.count)
            guard count >= 0 else {
                if errno == EINTR { continue }
                throw FileFailure("read", path)
            }
            if count == 0 { return FileDigest(digest: hasher.finish(), bytes: bytes) }
            buffer.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            bytes += count
        }
    }
}
