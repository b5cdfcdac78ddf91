#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif
import Compression

/// A file or a pipe, read forward.
final class FileSource: ByteSource {
    private let descriptor: Int32
    private let isOwned: Bool

    /// Standard input, which stays open.
    static func standardInput() -> FileSource { FileSource(descriptor: STDIN_FILENO, isOwned: false) }

    private init(descriptor: Int32, isOwned: Bool) {
        self.descriptor = descriptor
        self.isOwned = isOwned
    }

    convenience init(path: String) throws(ReadingProblem) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let kind: ReadingProblem.Kind = errno == ENOENT ? .missing : .unreadable(reason: Self.reason())
            throw ReadingProblem(kind, at: Origin(source: path))
        }
        self.init(descriptor: descriptor, isOwned: true)
    }

    deinit {
        if isOwned { close(descriptor) }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(UnreadableSource) -> Int {
        while true {
            #if canImport(Darwin)
            let count = Darwin.read(descriptor, buffer.baseAddress, buffer.count)
            #else
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            #endif
            if count >= 0 { return count }
            guard errno == EINTR else { throw UnreadableSource(reason: Self.reason()) }
        }
    }

    private static func reason() -> String { String(cString: strerror(errno)) }
}
