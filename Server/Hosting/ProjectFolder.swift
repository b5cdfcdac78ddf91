import Foundation
import WorkUnits

/// The folder of a hosted project: `project.key`, `recipe.yaml`, `project.json`, `genesis.json`, and what the store
/// keeps beside them. Private to its owner.
public struct ProjectFolder: Sendable {
    public var url: URL

    public init(path: String) {
        url = URL(filePath: path, directoryHint: .isDirectory)
    }

    /// The folder itself, created with access for its owner alone.
    public func create() throws {
        try FileManager.default.createDirectory(
            at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// The coordinator's key: read, or drawn and written the first time.
    public func signingKey() throws -> SigningKey {
        let file = url.appending(path: "project.key")
        if FileManager.default.fileExists(atPath: file.path) {
            let text = try String(contentsOf: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
            guard let seed = [UInt8](hexadecimal: text), let key = SigningKey(seed: seed) else {
                throw HostingFailure("\(file.path) does not hold a key: restore it from a backup; without it the run cannot go on")
            }
            return key
        }
        let key = SigningKey()
        try write(Array((key.seed.hexadecimal + "\n").utf8), to: "project.key")
        return key
    }

    /// Writes a file whole or not at all, for its owner alone, durable when this returns.
    func write(_ bytes: [UInt8], to name: String) throws {
        let file = url.appending(path: name)
        let temporary = url.appending(path: name + ".new")
        try? FileManager.default.removeItem(at: temporary)
        guard
            FileManager.default.createFile(
                atPath: temporary.path, contents: nil, attributes: [.posixPermissions: 0o600])
        else { throw HostingFailure("cannot write \(temporary.path): is the folder writable, the disk full?") }
        let handle = try FileHandle(forWritingTo: temporary)
        try handle.write(contentsOf: Data(bytes))
        try handle.synchronize()
        try handle.close()
        _ = try FileManager.default.replaceItemAt(file, withItemAt: temporary)
    }

    /// The contents of a file, or nil if it does not exist yet.
    func read(_ name: String) throws -> [UInt8]? {
        let file = url.appending(path: name)
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        return Array(try Data(contentsOf: file))
    }
}

/// Why a project cannot be hosted, and what to do.
public struct HostingFailure: Error, CustomStringConvertible {
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}
