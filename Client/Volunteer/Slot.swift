import Foundation
import WorkUnits

/// The files of one assignment: fetched into the cache, then put into the slot where the worker finds them.
struct Slot {
    private let folder: ClientFolder
    private let assignment: Assignment

    /// Base checkpoints that are kept for units to come.
    static let keptBases = 3

    init(_ folder: ClientFolder, _ assignment: Assignment) {
        self.folder = folder
        self.assignment = assignment
    }

    private var unit: String { folder.slot + "/unit.caravan" }
    private var base: String { folder.slot + "/base.safetensors" }
    var update: String { folder.slot + "/update.caravan" }
    var cachedBase: String { "\(folder.cache)/\(assignment.base.weights).safetensors" }
    var cachedUnit: String { "\(folder.cache)/\(assignment.unit).caravan" }

    /// Whether the slot holds this assignment's unit: it is put in last, so the base is there as well.
    func isReady() throws -> Bool {
        guard FileManager.default.fileExists(atPath: unit) else { return false }
        return try FileDigest.read(unit).digest == assignment.unit
    }

    /// Files in the cache have been verified; the worker verifies again what it trains on.
    func hasBase() throws -> Bool {
        guard FileManager.default.fileExists(atPath: cachedBase) else { return false }
        let attributes = try FileManager.default.attributesOfItem(atPath: cachedBase)
        return attributes[.size] as? Int == assignment.base.bytes
    }

    /// Removes from the cache what is neither this assignment's nor one of the newest bases.
    func makeRoom() throws {
        let files = FileManager.default
        let mine = [cachedBase, cachedBase + ".part", cachedUnit, cachedUnit + ".part"]
        let others = try files.contentsOfDirectory(atPath: folder.cache)
            .map { "\(folder.cache)/\($0)" }
            .filter { !mine.contains($0) }
        let bases = try others.filter { $0.hasSuffix(".safetensors") }
            .map {
                (path: $0, date: try files.attributesOfItem(atPath: $0)[.modificationDate] as? Date ?? .distantPast)
            }
            .sorted { $0.date > $1.date }
            .map(\.path)
        let kept = Set(bases.prefix(Self.keptBases - 1))
        for path in others where !kept.contains(path) {
            try files.removeItem(atPath: path)
        }
    }

    /// Puts the fetched files into the slot, in place of what an earlier assignment left there.
    func prepare() throws {
        try empty()
        guard link(cachedBase, base) == 0 else { throw FileFailure("link", base) }
        try DurableFile.publish(cachedUnit, as: unit)
    }

    /// Throws away what was fetched, because it turned out to be damaged.
    func discard() throws {
        try empty()
        unlink(cachedBase)
    }

    private func empty() throws {
        let files = FileManager.default
        for name in try files.contentsOfDirectory(atPath: folder.slot) {
            try files.removeItem(atPath: "\(folder.slot)/\(name)")
        }
    }
}
