#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A regular file's bytes, read with `pread`: any number of readers at once. The file stays open as long as this lives.
public final class FileBytes: RandomAccessBytes {
    /// The file's size when it was opened.
    public let count: Int
    private let descriptor: Int32
    private let path: String

    /// - Throws: `UnreadableBytes` with the system's reason, also for what is not a regular file.
    public init(path: String) throws(UnreadableBytes) {
        // Without O_NONBLOCK, opening a pipe would wait for a writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.failure(path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let failure = Self.failure(path)
            close(descriptor)
            throw failure
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw UnreadableBytes(reason: "\(path): not a file")
        }
        self.path = path
        self.descriptor = descriptor
        count = Int(status.st_size)
    }

    deinit {
        close(descriptor)
    }

    public func read(_ count: Int, at offset: Int) throws(UnreadableBytes) -> [UInt8] {
        try check(count, at: offset)
        var failure: UnreadableBytes?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            do throws(UnreadableBytes) {
                try read(
                    into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]),
                    at: offset)
                filled = count
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    public func read(into memory: UnsafeMutableRawBufferPointer, at offset: Int) throws(UnreadableBytes) {
        try check(memory.count, at: offset)
        var filled = 0
        while filled < memory.count {
            // SAFETY: filled < count, and no more than the rest is asked for.
            let got = pread(
                descriptor, memory.baseAddress?.advanced(by: filled), memory.count - filled, off_t(offset + filled))
            if got > 0 {
                filled += got
            } else if got == 0 {
                throw UnreadableBytes(reason: "\(path): became shorter while it was read")
            } else if errno != EINTR {
                throw Self.failure(path)
            }
        }
    }

    private func check(_ count: Int, at offset: Int) throws(UnreadableBytes) {
        guard count >= 0, offset >= 0, offset <= self.count, count <= self.count - offset else {
            throw UnreadableBytes(reason: "\(path): \(count) bytes at \(offset) lie outside \(self.count)")
        }
    }

    private static func failure(_ path: String) -> UnreadableBytes {
        UnreadableBytes(reason: "\(path): \(String(cString: strerror(errno)))")
    }
}
