import Foundation
import WorkUnits

/// The base weights that a host keeps for units to come: `VERSION-DIGEST.safetensors`, beside steps to newer ones.
///
/// What has its name is whole and was verified; the worker verifies again what it trains on.
struct BaseCache {
    /// In one folder with units on their way.
    let folder: String

    /// Bases that are kept: the one in work, and one before it for units that are issued again.
    static let keptBases = 2

    func path(of base: CheckpointReference) -> String { "\(folder)/\(base.version)-\(base.weights).safetensors" }

    func path(of step: BlobReference) -> String { "\(folder)/\(step.digest).step" }

    func has(_ base: CheckpointReference) throws(FileFailure) -> Bool {
        try DurableFile.size(path(of: base)) == base.bytes
    }

    func has(_ step: BlobReference) throws(FileFailure) -> Bool {
        try DurableFile.size(path(of: step)) == step.bytes
    }

    /// The newest base of an earlier version.
    func newest(before version: Int) throws -> CheckpointReference? {
        try bases().filter { $0.version < version }.max { $0.version < $1.version }
    }

    private func bases() throws -> [CheckpointReference] {
        try names().compactMap { name in
            let parts = name.split(separator: /[-.]/)
            guard parts.count == 3, parts[2] == "safetensors", let version = Int(parts[0]),
                let weights = Digest(String(parts[1])), let bytes = try DurableFile.size("\(folder)/\(name)")
            else { return nil }
            return CheckpointReference(version: version, weights: weights, bytes: bytes)
        }
    }

    private func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder) }

    /// Removes what is not needed for a base or named, but for the newest bases and what has arrived of steps.
    func makeRoom(for base: CheckpointReference, and others: [String]) throws {
        let newest = try bases().filter { $0 != base }.sorted { $0.version > $1.version }.prefix(Self.keptBases - 1)
        let kept = Set(([base] + newest).map(path) + others)
        for path in try names().map({ "\(folder)/\($0)" })
        where !kept.contains(path.withoutPart) && !path.withoutPart.hasSuffix(".step") {
            try FileManager.default.removeItem(atPath: path)
        }
    }

    func removeSteps() throws {
        for name in try names() where name.withoutPart.hasSuffix(".step") {
            try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
    }

    /// Makes a base of one that is there.
    ///
    /// - Parameter steps: from `older` on to `base`, all of them in the cache.
    /// - Returns: false when they do not lead there; nothing has changed then.
    /// - Throws: `MalformedArchive` or `UnreadableBytes` likewise; `FileFailure` where this machine cannot write.
    func make(_ base: CheckpointReference, from older: CheckpointReference, by steps: [BlobReference]) throws -> Bool {
        let archives = try steps.map { try UpdateArchive(FileBytes(path: path(of: $0)), maximumParameters: base.bytes) }
        let temporary = path(of: base) + ".new"
        defer { unlink(temporary) }
        var file = try DurableFile(path: temporary, isEmptied: true)
        var hasher = DigestHasher()
        try CheckpointStep.apply(archives, to: FileBytes(path: path(of: older))) { bytes in
            hasher.update(bytes)
            try file.append(bytes)
        }
        guard hasher.finish() == base.weights, file.size == base.bytes else { return false }
        try DurableFile.publish(temporary, as: path(of: base))
        return true
    }
}

extension String {
    /// The name that a download will have once it is whole.
    fileprivate var withoutPart: String { hasSuffix(".part") ? String(dropLast(5)) : self }
}
