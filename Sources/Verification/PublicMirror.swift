import Foundation
import WorkUnits

/// A folder with everything public of a run, as it was served: what an audit reads.
///
///     project.json            Signed<ProjectDescription>
///     head.json               Signed<LedgerHead>
///     heads/12345.json        older heads that were mirrored, by their number of entries
///     witnesses.json          [Signed<Cosignature>]; may be missing
///     ledger.jsonl            one entry a line, canonical JSON
///     checkpoints/3.json      Signed<CheckpointManifest>
///     blobs/ab/abcdef…        every blob under its digest
public struct PublicMirror: Sendable {
    public var url: URL

    public init(path: String) {
        url = URL(filePath: path, directoryHint: .isDirectory)
    }

    public var projectFile: URL { url.appending(path: "project.json") }
    public var headFile: URL { url.appending(path: "head.json") }
    public var witnessesFile: URL { url.appending(path: "witnesses.json") }
    public func olderHeadFile(_ count: Int) -> URL { url.appending(path: "heads/\(count).json") }
    public var ledgerFile: URL { url.appending(path: "ledger.jsonl") }

    public func checkpointFile(_ version: Int) -> URL { url.appending(path: "checkpoints/\(version).json") }

    public func blobFile(_ digest: Digest) -> URL {
        let name = digest.description
        return url.appending(path: "blobs/\(name.prefix(2))/\(name)")
    }

    /// A document of the mirror, whose size is bounded before it is read.
    func document<Body: Codable>(_ type: Signed<Body>.Type, at file: URL) throws -> Signed<Body> {
        try CanonicalJSON.decode(type, from: bytes(of: file, limit: 1 << 26), limit: 1 << 26)
    }

    /// A list of documents, whose size is bounded before it is read.
    func list<Element: Codable>(of type: Element.Type, at file: URL) throws -> [Element] {
        try CanonicalJSON.decode([Element].self, from: bytes(of: file, limit: 1 << 20), limit: 1 << 20)
    }

    var olderHeadFiles: [URL] {
        let folder = url.appending(path: "heads")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.sorted().filter { $0.hasSuffix(".json") }.map { folder.appending(path: $0) }
    }

    /// The ledger's entries, one at a time: memory does not grow with the chain.
    func forEachEntry(_ body: (String) throws -> Void) throws {
        guard let file = fopen(ledgerFile.path, "r") else { throw UnreadableBytes(reason: ledgerFile.path) }
        defer { fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        while true {
            let length = getline(&line, &capacity, file)
            guard length > 0, let line else { return }
            guard length <= 1 << 22 else { throw UnreadableBytes(reason: "a line of \(ledgerFile.path) is over 4 MiB") }
            let text = UnsafeRawBufferPointer(start: line, count: length)
            try body(String(decoding: text.last == 10 ? text.dropLast() : text[...], as: UTF8.self))
        }
    }

    func entries() throws -> [String] {
        var entries: [String] = []
        try forEachEntry { entries.append($0) }
        return entries
    }

    private func bytes(of file: URL, limit: Int) throws -> [UInt8] {
        let content = try FileBytes(path: file.path)
        guard content.count <= limit else { throw UnreadableBytes(reason: "\(file.path) has \(content.count) bytes") }
        return try content.read(content.count, at: 0)
    }
}
