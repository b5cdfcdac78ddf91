import Foundation

/// Finds the files of a corpus in a fixed order.
struct FileFinder {
    private let patterns: [String]
    private var files: [String] = []
    /// Real paths that were visited: ends cycles of links, and finds a file once under all its names.
    private var visited: Set<String> = []

    /// Regular files at or below these paths. Folders' entries are sorted by the bytes of their names.
    static func files(at paths: [String], excluding patterns: [String]) throws(CorpusFailure) -> [String] {
        var finder = FileFinder(patterns: patterns)
        for path in paths {
            try finder.visit(path, name: (path as NSString).lastPathComponent)
        }
        return finder.files
    }

    private init(patterns: [String]) {
        self.patterns = patterns
    }

    /// - Parameter name: the path below the folder that was asked for.
    private mutating func visit(_ path: String, name: String) throws(CorpusFailure) {
        guard !isExcluded(name) else { return }
        let real = try Self.realPath(of: path)
        guard visited.insert(real).inserted else { return }
        switch try? FileManager.default.attributesOfItem(atPath: real)[.type] as? FileAttributeType {
        case .typeRegular: files.append(path)
        case .typeDirectory: try visitEntries(of: path, name: name)
        default: throw .unreadable(path: path, reason: "it is neither a file nor a folder")
        }
    }

    /// Without symbolic links.
    private static func realPath(of path: String) throws(CorpusFailure) -> String {
        guard let resolved = realpath(path, nil) else {
            throw errno == ENOENT
                ? .missing(path: path) : .unreadable(path: path, reason: String(cString: strerror(errno)))
        }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private mutating func visitEntries(of folder: String, name: String) throws(CorpusFailure) {
        let entries: [String]
        do {
            entries = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw .unreadable(path: folder, reason: error.localizedDescription)
        }
        for entry in entries.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) where !entry.hasPrefix(".") {
            try visit((folder as NSString).appendingPathComponent(entry), name: "\(name)/\(entry)")
        }
    }

    private func isExcluded(_ name: String) -> Bool {
        let last = (name as NSString).lastPathComponent
        let below = name.split(separator: "/", maxSplits: 1).last.map(String.init) ?? name
        return patterns.contains { fnmatch($0, last, 0) == 0 || fnmatch($0, below, 0) == 0 }
    }
}
