import Foundation

/// A file open for writing, whose bytes are on the disk once `sync` has returned.
struct DurableFile: ~Copyable {
    let path: String
    private let descriptor: Int32

    /// Opens the file, or makes an empty one that only its owner can read.
    init(path: String) throws {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreFailure.lastCall("open", path) }
    }

    deinit { close(descriptor) }

    func write(_ bytes: [UInt8], at offset: Int) throws {
        try bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                // SAFETY: the loop's condition keeps `written` inside the buffer.
                let count = pwrite(
                    descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written,
                    off_t(offset + written))
                guard count >= 0 || errno == EINTR else { throw StoreFailure.lastCall("write", path) }
                written += max(0, count)
            }
        }
    }

    func truncate(to length: Int) throws {
        guard ftruncate(descriptor, off_t(length)) == 0 else { throw StoreFailure.lastCall("shorten", path) }
    }

    func sync() throws {
        guard fsync(descriptor) == 0 else { throw StoreFailure.lastCall("sync", path) }
    }

    /// Bytes in the file, or nil when there is none.
    static func size(_ path: String) throws -> Int? {
        var status = stat()
        guard stat(path, &status) == 0 else {
            guard errno == ENOENT else { throw StoreFailure.lastCall("look at", path) }
            return nil
        }
        return Int(status.st_size)
    }

    /// Renames over whatever is at `target`, whose folder is made if need be, and returns when both folders know it for
    /// good.
    static func move(_ source: String, to target: String) throws {
        try Folder.make(containing: target)
        guard rename(source, target) == 0 else { throw StoreFailure.lastCall("rename", source) }
        try Folder.sync(containing: target)
        try Folder.sync(containing: source)
    }

    /// Removes the file if it is there.
    static func remove(_ path: String) throws {
        guard unlink(path) == 0 || errno == ENOENT else { throw StoreFailure.lastCall("remove", path) }
    }
}

/// What a store does with folders.
enum Folder {
    /// Makes a folder, with those that lead to it, for its owner alone; one that exists is left as it is.
    static func make(_ path: String) throws {
        guard mkdir(path, 0o700) != 0 else { return try sync(containing: path) }
        switch errno {
        case EEXIST:
            return
        case ENOENT where !parent(of: path).isEmpty:
            try make(parent(of: path))
            try make(path)
        default:
            throw StoreFailure.lastCall("make", path)
        }
    }

    /// Makes the folder that holds `path`.
    static func make(containing path: String) throws {
        try make(parent(of: path))
    }

    /// Names of what lies in the folder.
    static func names(in path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path)
    }

    /// Waits until the names in the folder that holds `path` are on the disk.
    static func sync(containing path: String) throws {
        let folder = parent(of: path)
        let descriptor = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreFailure.lastCall("open", folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw StoreFailure.lastCall("sync", folder) }
    }

    private static func parent(of path: String) -> String {
        (path as NSString).deletingLastPathComponent
    }
}
