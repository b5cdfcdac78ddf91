import Foundation
import WorkUnits

/// The folder in which a preparation keeps what it has done, so that a stopped one goes on. Removed at its end.
struct WorkFolder: Sendable {
    let path: String

    /// - Parameter files: those whose documents it holds.
    func spool(for files: [SourceFile]) -> Spool {
        Spool(folder: path + "/spool", bytes: files.reduce(0) { $0 + $1.content.bytes })
    }

    /// - Parameter bytes: of the text whose tokens it holds.
    func passages(bytes: Int) -> Spool { Spool(folder: path + "/passages", bytes: bytes) }

    var nearDuplicates: String { path + "/near-duplicates" }

    /// What an earlier process gathered from the same files by the same plan. What another plan left is removed.
    func gathered(identity: Digest) throws -> Gathered? {
        if let saved: Gathered = try? read(Gathered.fileName), saved.identity == identity { return saved }
        for name in [Gathered.fileName, Settled.fileName, Packed.fileName, "spool", "near-duplicates", "passages"] {
            try remove("\(path)/\(name)")
        }
        return nil
    }

    func save(_ value: some Encodable, as name: String) throws {
        try DurableFile.write(Array(try JSONEncoder().encode(value)), to: "\(path)/\(name)")
    }

    /// - Returns: nil where there is no such file.
    func read<Value: Decodable>(_ name: String) throws -> Value? {
        guard try DurableFile.size("\(path)/\(name)") != nil else { return nil }
        return try JSONDecoder().decode(Value.self, from: Data(contentsOf: URL(filePath: "\(path)/\(name)")))
    }

    /// Removes the folder and all that is in it.
    func clear() throws {
        try remove(path)
    }

    private func remove(_ path: String) throws {
        guard try DurableFile.size(path) != nil else { return }
        try FileManager.default.removeItem(atPath: path)
    }
}
