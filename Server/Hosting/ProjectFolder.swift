import Foundation
import WorkUnits

/// What a hosted project keeps beside its store: `project.key`, `recipe.yaml`, `project.json`, `genesis.json`, and
/// `orders/` (see `Orders`).
public struct ProjectFolder: Sendable {
    public var url: URL

    public init(path: String) {
        url = URL(filePath: path, directoryHint: .isDirectory)
    }

    /// The coordinator's key: read, or drawn and written the first time.
    public func signingKey() throws -> SigningKey {
        if let stored = try read("project.key") {
            let text = String(decoding: stored, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            guard let seed = [UInt8](hexadecimal: text), let key = SigningKey(seed: seed) else {
                throw HostingFailure(
                    "\(url.path)/project.key does not hold a key: restore it from a backup; the run cannot go on without it"
                )
            }
            return key
        }
        let key = SigningKey()
        try write(Array((key.seed.hexadecimal + "\n").utf8), to: "project.key")
        return key
    }

    /// The key of a project that was prepared before.
    public func existingKey() throws -> SigningKey {
        guard try read("project.key") != nil else {
            throw HostingFailure("\(url.path) holds no project: name the folder that 'caravan-server run' was given")
        }
        return try signingKey()
    }

    /// Writes a file whole or not at all, for its owner alone, durable when this returns.
    func write(_ bytes: [UInt8], to name: String) throws {
        try DurableFile.write(bytes, to: url.appending(path: name).path, permissions: 0o600)
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
