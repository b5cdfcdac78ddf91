#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A file that is being written. Removed again unless it is finished.
final class WrittenFile {
    private let path: String
    private let descriptor: Int32
    private var isFinished = false

    init(path: String) throws(UnwritableFile) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        self.path = path
        guard descriptor >= 0 else { throw UnwritableFile(path: path) }
    }

    deinit {
        guard descriptor >= 0 else { return }
        var status = stat()
        let isRegular = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        // A device is not this writer's to remove.
        if isRegular, !isFinished { unlink(path) }
        close(descriptor)
    }

    func append(_ bytes: [UInt8]) throws(UnwritableFile) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                // SAFETY: written < bytes.count, so the rest is within the buffer.
                write(descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
            }
            if count >= 0 {
                written += count
            } else if errno != EINTR {
                throw UnwritableFile(path: path)
            }
        }
    }

    /// The bytes are on the disk when this returns.
    func finish() throws(UnwritableFile) {
        guard fsync(descriptor) == 0 else { throw UnwritableFile(path: path) }
        isFinished = true
    }
}

/// The system did not take a file's bytes, such as with a full disk.
public struct UnwritableFile: Error, Hashable, Sendable, CustomStringConvertible {
    public var path: String
    public var reason: String

    init(path: String) {
        self.path = path
        reason = String(cString: strerror(errno))
    }

    public var description: String { "cannot write \(path): \(reason)" }
}
