import Foundation

/// Files that appear whole or not at all: written under a temporary name, synced, renamed, and the folder synced.
public enum DurableFile {
    /// Replaces the file at `path`.
    ///
    /// - Parameter permissions: of a newly created file, as for `chmod`.
    public static func write(_ content: [UInt8], to path: String, permissions: UInt16 = 0o644) throws(FileFailure) {
        let temporary = path + ".tmp"
        do throws(FileFailure) {
            try create(temporary, content, permissions)
            try publish(temporary, as: path)
        } catch {
            unlink(temporary)
            throw error
        }
    }

    private static func create(_ path: String, _ content: [UInt8], _ permissions: UInt16) throws(FileFailure) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode_t(permissions))
        guard file >= 0 else { throw FileFailure("create", path) }
        defer { close(file) }
        try append(content, to: file, path: path)
    }

    /// Makes a finished file durable under its final name.
    public static func publish(_ temporary: String, as path: String) throws(FileFailure) {
        try sync(temporary)
        guard rename(temporary, path) == 0 else { throw FileFailure("rename", temporary) }
        let folder = (path as NSString).deletingLastPathComponent
        try sync(folder.isEmpty ? "." : folder)
    }

    /// Writes all bytes at the end of an open file.
    public static func append(
        _ content: UnsafeRawBufferPointer, to file: Int32, path: String
    ) throws(FileFailure) {
        var rest = content[...]
        while !rest.isEmpty {
            let written = Foundation.write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            guard written >= 0 else {
                if errno == EINTR { continue }
                throw FileFailure("write", path)
            }
            rest = rest.dropFirst(written)
        }
    }

    public static func append(_ content: [UInt8], to file: Int32, path: String) throws(FileFailure) {
        let result = content.withUnsafeBytes { bytes in
            Result { () throws(FileFailure) in try append(bytes, to: file, path: path) }
        }
        try result.get()
    }

    private static func sync(_ path: String) throws(FileFailure) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw FileFailure("open", path) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw FileFailure("sync", path) }
    }
}

/// What the system refused to do with a file, and why.
public struct FileFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public var operation: String
    public var path: String
    /// The system's error number.
    public var code: Int32

    /// Takes the number from `errno`: to be called right after the refusal.
    public init(_ operation: String, _ path: String) {
        code = errno
        self.operation = operation
        self.path = path
    }

    public var isDiskFull: Bool { code == ENOSPC || code == EDQUOT }

    public var description: String {
        let advice = isDiskFull ? "; free some space on this disk" : ""
        return "cannot \(operation) \(path): \(String(cString: strerror(code)))\(advice)"
    }
}
