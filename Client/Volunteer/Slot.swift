import Foundation
import WorkUnits

/// The files of one assignment: fetched into the cache, then put into the slot where the worker finds them.
struct Slot {
    private let folder: ClientFolder
    private let assignment: Assignment

    init(_ folder: ClientFolder, _ assignment: Assignment) {
        self.folder = folder
        self.assignment = assignment
    }

    private var unit: String { folder.slot + "/unit.caravan" }
    private var base: String { folder.slot + "/base.safetensors" }
    private var feedback: String { folder.slot + "/feedback" }
    private var nextFeedback: String { folder.slot + "/feedback.next" }
    private var ownFeedback: String { folder.feedback(of: assignment.project) }
    private var traceFile: String { folder.slot + "/trace.json" }
    var update: String { folder.slot + "/update.caravan" }
    var cache: BaseCache { BaseCache(folder: folder.cache) }
    private var cachedBase: String { cache.path(of: assignment.base) }
    var cachedUnit: String { "\(folder.cache)/\(assignment.unit).caravan" }

    /// Whether the slot holds this assignment's unit: it is put in last, so the base is there as well.
    func isReady() throws -> Bool {
        guard FileManager.default.fileExists(atPath: unit) else { return false }
        return try FileDigest.read(unit).digest == assignment.unit
    }

    /// Where the training went, as the worker wrote it.
    func trace() throws -> TrainingTrace {
        let file = try FileBytes(path: traceFile)
        return try CanonicalJSON.decode(TrainingTrace.self, from: file.read(min(file.count, 4096), at: 0))
    }

    /// Removes from the cache what is not this assignment's.
    func makeRoom() throws { try cache.makeRoom(for: assignment.base, and: [cachedUnit]) }

    /// Puts the fetched files into the slot, in place of what an earlier assignment left there.
    func prepare() throws {
        try empty()
        guard link(cachedBase, base) == 0 else { throw FileFailure("link", base) }
        guard link(ownFeedback, feedback) == 0 || errno == ENOENT else { throw FileFailure("link", feedback) }
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

// MARK: Error feedback
//
// What the worker held back after an update becomes the host's own when, and only when, that update was accepted. Until then
// the host has what it held back before. So an update that is refused, late or lost takes nothing along: it is gone with
// all that it brought, as without error feedback, and what it tried to send of earlier updates is still held back. What it
// learned itself is not kept for later either: the coordinator has others compute the unit, and no unit counts twice.

extension Slot {
    /// Takes over what the worker held back, once its update was accepted. Doing so again changes nothing.
    ///
    /// Where the update or what was held back after it is gone, nothing is held back from now on.
    func keepFeedback() throws(FileFailure) {
        guard let manifest = try? UpdateArchive(FileBytes(path: update), maximumParameters: .max).manifest else {
            return try DurableFile.remove(ownFeedback)
        }
        guard let after = manifest.feedback?.after, Self.feedbackDigest(ownFeedback) != after else { return }
        guard Self.feedbackDigest(nextFeedback) == after else { return try DurableFile.remove(ownFeedback) }
        try DurableFile.publish(nextFeedback, as: ownFeedback)
    }

    private static func feedbackDigest(_ path: String) -> Digest? {
        try? ErrorFeedback.digest(of: FileBytes(path: path))
    }
}
