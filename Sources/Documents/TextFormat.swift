/// How documents lie in a file. Compression is another matter: any of them may be in gzip.
public enum TextFormat: String, Codable, Hashable, Sendable, CaseIterable {
    /// Documents between separator lines, or one document. Markdown too, with its front matter, is read as it stands.
    case text
    /// One JSON object (RFC 8259) a line.
    case jsonLines
    /// RFC 4180 with a header row, after commas.
    case commaSeparated
    /// The same after tabs.
    case tabSeparated

    /// By the end of the name, without regard to case and to `.gz`; text if that says nothing.
    public init(path: String) {
        var name = path.lowercased()[...]
        for suffix in Self.gzipSuffixes where name.hasSuffix(suffix) { name = name.dropLast(suffix.count) }
        let known = Self.suffixes.first { name.hasSuffix($0.suffix) }
        self = known?.format ?? .text
    }

    private static let suffixes: [(suffix: String, format: TextFormat)] = [
        (".jsonl", .jsonLines), (".ndjson", .jsonLines), (".csv", .commaSeparated), (".tsv", .tabSeparated),
        (".tab", .tabSeparated),
    ]

    private static let gzipSuffixes = [".gz", ".gzip"]

    static func isNamedGzip(_ path: String) -> Bool { gzipSuffixes.contains { path.lowercased().hasSuffix($0) } }
}
