import Foundation

/// What a path leads to, behind symbolic links: equal for all names of one file.
struct FileIdentity: Hashable {
    enum Kind {
        case file, folder, pipe, other
    }

    let kind: Kind

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    private let device: UInt64
    private let number: UInt64

    init(path: String) throws(ReadingProblem) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            let kind: ReadingProblem.Kind =
                errno == ENOENT ? .missing : .unreadable(reason: String(cString: strerror(errno)))
            throw ReadingProblem(kind, at: Origin(source: path))
        }
        device = UInt64(truncatingIfNeeded: status.st_dev)
        number = UInt64(truncatingIfNeeded: status.st_ino)
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            case S_IFIFO: .pipe
            default: .other
            }
    }
}

enum FolderEntries {
    /// The names of a folder's entries that do not begin with a dot, in the order of their bytes.
    static func visible(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { !$0.hasPrefix(".") }
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
