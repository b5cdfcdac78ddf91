import Federation
import Foundation
import WorkUnits

/// Files that an audit made and keeps for a while: of versions that are not in the mirror, or are damaged there.
///
/// Each goes when nothing builds on its version any more. So there are at most as many versions as the project lets updates be
/// behind, and one.
struct StandIns: Sendable {
    private var files: [Digest: (file: URL, version: Int)] = [:]
    /// The last version that builds on one, by an update that was trained from it. The next one builds on it as well.
    private var lastUse: [Int: Int] = [:]

    init() {}

    /// - Parameter checkpoints: as a verified ledger has them.
    init(for checkpoints: [RunAudit.RecordedCheckpoint]) {
        for checkpoint in checkpoints {
            let bases =
                checkpoint.contributions.map(\.baseVersion) + [checkpoint.merge?.start.version].compactMap(\.self)
            for base in bases { lastUse[base] = checkpoint.weights.version }
        }
    }

    subscript(digest: Digest) -> URL? { files[digest]?.file }

    func contains(_ file: URL) -> Bool { files.values.contains { $0.file == file } }

    /// Takes a file of a version; one of an earlier version with the same content goes.
    mutating func add(_ file: URL, as digest: Digest, of version: Int) {
        let before = files.updateValue((file, version), forKey: digest)?.file
        if let before, before != file { try? FileManager.default.removeItem(at: before) }
    }

    /// Removes what neither a later version than this one nor its updates build on.
    mutating func removeUnused(after version: Int) {
        for (digest, standIn) in files where max(standIn.version + 1, lastUse[standIn.version] ?? 0) <= version {
            try? FileManager.default.removeItem(at: standIn.file)
            files[digest] = nil
        }
    }

    mutating func removeAll() {
        for standIn in files.values { try? FileManager.default.removeItem(at: standIn.file) }
        files = [:]
    }
}
