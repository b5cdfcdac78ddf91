import Foundation

/// Finds the files of a corpus in a fixed order.
///
/// A path is a file, a folder, which stands for all that is in it, `-` for standard input, or a pattern: `*`, `?` and
/// `[a-z]` stand for parts of a name, `**` for any folders, such as `data/**/*.txt`. A pattern that is itself the name
/// of a file means that file. Hidden entries are found only where their names are written out. Folders' entries are in
/// the order of their names' bytes. Memory grows with the number of files.
public struct FileFinder {
    /// Each real file once, under the first of its names, and what could not be found.
    public struct Found: Hashable, Sendable {
        public var files: [String] = []
        public var problems: [ReadingProblem] = []
    }

    private let excluded: [String]
    private var found = Found()
    /// Ends cycles of links, and finds a file once under all its names.
    private var visited: Set<FileIdentity> = []

    /// - Parameter excluded: shell patterns such as `*.dat`, for names or for paths below a path that was asked for.
    public static func files(at paths: [String], excluding excluded: [String] = []) -> Found {
        var finder = FileFinder(excluded: excluded)
        for path in paths { finder.find(path) }
        return finder.found
    }

    private init(excluded: [String]) {
        self.excluded = excluded
    }

    private mutating func find(_ path: String) {
        guard path != DocumentReader.standardInput else {
            if !found.files.contains(path) { found.files.append(path) }
            return
        }
        guard !FileIdentity.exists(path), let pattern = PathPattern(path) else {
            return visit(path, name: (path as NSString).lastPathComponent, isNamed: true)
        }
        var isMatched = false
        pattern.forEachMatch { match in
            isMatched = true
            let below = match.hasPrefix(pattern.folder) ? String(match.dropFirst(pattern.folder.count)) : match
            visit(match, name: below.drop { $0 == "/" }.description, isNamed: false)
        }
        if !isMatched { found.problems.append(ReadingProblem(.noMatch, at: Origin(source: path))) }
    }

    /// - Parameters:
    ///   - name: the path below the folder that was asked for.
    ///   - isNamed: whether it was asked for itself: then it may be a pipe.
    private mutating func visit(_ path: String, name: String, isNamed: Bool) {
        guard !isExcluded(name) else { return }
        do throws(ReadingProblem) {
            let identity = try FileIdentity(path: path)
            guard visited.insert(identity).inserted else { return }
            switch identity.kind {
            case .file: found.files.append(path)
            case .pipe where isNamed: found.files.append(path)
            case .folder: visitEntries(of: path, name: name)
            case .pipe, .other: throw Self.unreadable(path, "it is neither a file nor a folder")
            }
        } catch {
            found.problems.append(error)
        }
    }

    private mutating func visitEntries(of folder: String, name: String) {
        do {
            for entry in try FolderEntries.visible(in: folder) {
                visit((folder as NSString).appendingPathComponent(entry), name: "\(name)/\(entry)", isNamed: false)
            }
        } catch {
            found.problems.append(Self.unreadable(folder, error.localizedDescription))
        }
    }

    private static func unreadable(_ path: String, _ reason: String) -> ReadingProblem {
        ReadingProblem(.unreadable(reason: reason), at: Origin(source: path))
    }

    private func isExcluded(_ name: String) -> Bool {
        let last = (name as NSString).lastPathComponent
        let below = name.split(separator: "/", maxSplits: 1).last.map(String.init) ?? name
        return excluded.contains { pattern in
            [last, below, name].contains { (candidate: String) in fnmatch(pattern, candidate, 0) == 0 }
        }
    }
}
