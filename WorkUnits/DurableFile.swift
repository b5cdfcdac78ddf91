import Foundation

/// A file open for writing, whose bytes are on the disk once `sync` has returned. One writer at a time.
public struct DurableFile: ~Copyable {
    public let path: String
    /// Bytes in the file.
    public private(set) var size: Int
    /// How many of them `startSync` has told the disk.
    private var started = 0
    private let isScratch: Bool
    private let descriptor: Int32

    /// Opens the file, or makes an empty one.
    ///
    /// - Parameters:
    ///   - permissions: of a newly created file, as for `chmod`.
    ///   - isEmptied: whether what the file holds is dropped.
    ///   - isScratch: whether nobody needs the file after this program: `sync` then waits for no disk.
    public init(
        path: String, permissions: UInt16 = 0o644, isEmptied: Bool = false, isScratch: Bool = false
    ) throws(FileFailure) {
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | (isEmptied ? O_TRUNC : 0)
        let descriptor = open(path, flags, mode_t(permissions))
        guard descriptor >= 0 else { throw FileFailure("open", path) }
        self.path = path
        self.isScratch = isScratch
        self.descriptor = descriptor
        size = Int(lseek(descriptor, 0, SEEK_END))
    }

    deinit { close(descriptor) }

    public mutating func append(_ bytes: UnsafeRawBufferPointer) throws(FileFailure) {
        try write(bytes, at: size)
        size += bytes.count
    }

    /// Replaces the first bytes of the file, which has as many.
    func overwrite(_ bytes: [UInt8]) throws(FileFailure) {
        precondition(bytes.count <= size, "\(bytes.count) bytes do not fit into \(size)")
        try bytes.withUnsafeBufferPointer { (bytes) throws(FileFailure) in
            try write(UnsafeRawBufferPointer(bytes), at: 0)
        }
    }

    private func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileFailure) {
        var written = 0
        while written < bytes.count {
            // SAFETY: the loop's condition keeps `written` inside the buffer.
            let count = pwrite(
                descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written, off_t(offset + written))
            guard count >= 0 || errno == EINTR else { throw FileFailure("write", path) }
            written += max(0, count)
        }
    }

    public mutating func append(_ bytes: [UInt8]) throws(FileFailure) {
        try bytes.withUnsafeBufferPointer { (bytes) throws(FileFailure) in
            try append(UnsafeRawBufferPointer(bytes))
        }
    }

    public mutating func truncate(to length: Int) throws(FileFailure) {
        guard ftruncate(descriptor, off_t(length)) == 0 else { throw FileFailure("shorten", path) }
        size = length
    }

    /// Lets the disk begin to write what was appended, some MiB at a time, and does not wait: `sync` will have less to do.
    public mutating func startSync() {
        #if os(Linux)
        guard !isScratch, size - started >= 1 << 22 else { return }
        // Linux writes such pages in the background, and drops only those that are on the disk already.
        posix_fadvise(descriptor, off_t(started), off_t(size - started), POSIX_FADV_DONTNEED)
        started = size
        #endif
    }

    public func sync() throws(FileFailure) {
        guard isScratch || fsync(descriptor) == 0 else { throw FileFailure("sync", path) }
    }
}

// MARK: Whole files

extension DurableFile {
    /// Replaces the file at `path`, which has the old content or the new, at any moment the machine may stop.
    ///
    /// - Parameters:
    ///   - temporary: where it is written first, on the same disk; nil for a name beside `path`.
    ///   - permissions: as for `chmod`.
    public static func write(
        _ content: [UInt8], to path: String, through temporary: String? = nil, permissions: UInt16 = 0o644
    ) throws(FileFailure) {
        let temporary = temporary ?? path + ".tmp"
        do throws(FileFailure) {
            var file = try DurableFile(path: temporary, permissions: permissions, isEmptied: true)
            try file.append(content)
            try publish(temporary, as: path)
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Syncs a finished file and gives it its final name for good, in a folder that is made if need be.
    public static func publish(_ temporary: String, as path: String) throws(FileFailure) {
        try sync(temporary)
        try makeFolder(folder(of: path))
        guard rename(temporary, path) == 0 else { throw FileFailure("rename", temporary) }
        for folder in Set([folder(of: path), folder(of: temporary)]) { try sync(folder) }
    }

    /// Waits until the file's bytes, or a folder's names, are on the disk.
    public static func sync(_ path: String) throws(FileFailure) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileFailure("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileFailure("sync", path) }
    }

    /// Removes the file if it is there.
    public static func remove(_ path: String) throws(FileFailure) {
        guard unlink(path) == 0 || errno == ENOENT else { throw FileFailure("remove", path) }
    }

    /// Bytes in the file, or nil when there is none.
    public static func size(_ path: String) throws(FileFailure) -> Int? {
        var status = stat()
        guard stat(path, &status) == 0 else {
            guard errno == ENOENT else { throw FileFailure("look at", path) }
            return nil
        }
        return Int(status.st_size)
    }

    /// Makes a folder, with those that lead to it, for its owner alone; one that exists is left as it is.
    public static func makeFolder(_ path: String) throws(FileFailure) {
        let parent = folder(of: path)
        if parent != path, try size(parent) == nil { try makeFolder(parent) }
        if mkdir(path, 0o700) == 0 { return try sync(parent) }
        guard errno == EEXIST else { throw FileFailure("make", path) }
    }

    /// The folder that a path's last name is in; of a name alone, the current folder; of `/` and `.`, themselves.
    private static func folder(of path: String) -> String {
        let names = path.split(separator: "/", omittingEmptySubsequences: true)
        guard names.count > 1 else { return path.hasPrefix("/") ? "/" : "." }
        return (path.hasPrefix("/") ? "/" : "") + names.dropLast().joined(separator: "/")
    }
}
