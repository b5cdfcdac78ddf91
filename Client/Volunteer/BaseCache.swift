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
}

extension String {
    /// The name that a download will have once it is whole.
    fileprivate var withoutPart: String { hasSuffix(".part") ? String(dropLast(5)) : self }
}
