import Foundation

/// A path with wildcards: `*`, `?` and `[…]` inside names as in `fnmatch`, and `**` for any number of folders.
struct PathPattern {
    /// What stands before the first part with a wildcard; empty for the working folder.
    let folder: String
    private let parts: [String]

    /// - Returns: nil for a path without wildcards.
    init?(_ path: String) {
        var parts = path.split(separator: "/").map(String.init)
        guard let first = parts.firstIndex(where: Self.hasWildcard) else { return nil }
        folder = (path.hasPrefix("/") ? "/" : "") + parts[..<first].joined(separator: "/")
        parts.removeSubrange(..<first)
        // `a/**/**/b` means the same as `a/**/b`, in less time.
        self.parts = parts.enumerated().filter { $0.offset == 0 || $0.element != "**" || parts[$0.offset - 1] != "**" }
            .map(\.element)
    }

    private static func hasWildcard(_ part: String) -> Bool { part.contains { "*?[".contains($0) } }

    /// Calls with every path that matches, maybe more than once, in a fixed order: of names, and for `**` what is in a
    /// folder itself before what is in its folders. Folders that cannot be read hold no match.
    func forEachMatch(_ body: (String) -> Void) {
        match(parts[...], in: folder, body)
    }

    private func match(_ parts: ArraySlice<String>, in folder: String, _ body: (String) -> Void) {
        guard let part = parts.first else { return body(folder) }
        let rest = parts.dropFirst()
        if !Self.hasWildcard(part) {
            let path = join(folder, part)
            if FileIdentity.exists(path) { match(rest, in: path, body) }
            return
        }
        let entries = (try? FolderEntries.visible(in: folder.isEmpty ? "." : folder)) ?? []
        if part == "**" {
            // As the last part it stands for everything below.
            if rest.isEmpty { return entries.forEach { body(join(folder, $0)) } }
            match(rest, in: folder, body)
            for entry in entries where isRealFolder(join(folder, entry)) { match(parts, in: join(folder, entry), body) }
        } else {
            for entry in entries where fnmatch(part, entry, 0) == 0 { match(rest, in: join(folder, entry), body) }
        }
    }

    private func join(_ folder: String, _ name: String) -> String {
        folder.isEmpty || folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
    }

    /// Not behind a symbolic link, which may lead round in a circle.
    private func isRealFolder(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
