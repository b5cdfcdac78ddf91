import Foundation

/// The repository's Swift files, read as text.
struct SourceTree {
    struct File {
        /// Relative to the repository, such as `Server/Store/Migrations.swift`.
        var path: String
        var lines: [String]

        /// The modules that the file imports.
        var imports: [String] {
            lines.compactMap { line in
                let words = line.split(separator: " ")
                guard let position = words.firstIndex(of: "import"), position + 1 < words.count,
                    words[..<position].allSatisfy({
                        $0.hasPrefix("@") || ["public", "package", "internal"].contains($0)
                    })
                else { return nil }
                let name = words[position + 1]
                let isKind = ["struct", "class", "enum", "protocol", "func", "let", "var", "typealias"].contains(
                    String(name))
                let module = isKind && position + 2 < words.count ? words[position + 2] : name
                return module.split(separator: ".").first.map(String.init)
            }
        }
    }

    var files: [File]
    var manifest: String

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    init() throws {
        manifest = try String(contentsOf: Self.root.appending(path: "Package.swift"), encoding: .utf8)
        files = []
        for folder in ["WorkUnits", "Sources", "Server", "Client", "Tests", "Benchmarks"] {
            let found = FileManager.default.enumerator(atPath: Self.root.appending(path: folder).path) ?? .init()
            for case let name as String in found where name.hasSuffix(".swift") {
                let path = "\(folder)/\(name)"
                let text = try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
                files.append(File(path: path, lines: text.components(separatedBy: "\n")))
            }
        }
    }

    func files(in folder: String) -> [File] {
        files.filter { $0.path.hasPrefix(folder + "/") }
    }

    /// A target of the manifest: its name, folder, and the targets it depends on, in the order of declaration.
    struct Target {
        var name: String
        var folder: String
        var dependencies: [String]
    }

    /// The targets that `library`, `executable` and `test` declare, read from the manifest's text.
    func targets() throws -> [Target] {
        let declaration = #/(?:library|executable|test)\(\s*"(\w+)"(?:,\s*in:\s*"([^"]+)")?(?:,\s*\[([^\]]*)\])?/#
        return manifest.matches(of: declaration).map { match in
            let name = String(match.1)
            return Target(
                name: name, folder: match.2.map(String.init) ?? "Tests/\(name)",
                dependencies: (match.3 ?? "").matches(of: #/"(\w+)"/#).map { String($0.1) })
        }
    }
}
