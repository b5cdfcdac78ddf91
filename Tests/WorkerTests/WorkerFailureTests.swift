import Foundation
import LanguageModel
import TestSupport
import Testing
import WorkUnits
import Worker

/// What a worker refuses, and the code that says why.
struct WorkerFailureTests {
    @Test func `an empty slot is told`() throws {
        let folder = try TemporaryFolder()
        #expect(failure { _ = try SlotWorker(slot: folder.path, threads: 1) }?.exit == .inputOutput)
        #expect(failure { _ = try SlotWorker(slot: folder.file("none"), threads: 1) }?.exit == .inputOutput)
    }

    @Test(arguments: 1...40)
    func `a damaged unit is refused`(seed: UInt64) throws {
        let slot = try ExampleSlot()
        var random = SplitMix64(seed: seed)
        let unit = try slot.folder.read("unit.caravan")
        let damaged = unit.mutated(using: &random)
        if damaged == unit { return }
        try slot.folder.write(damaged, to: "unit.caravan")
        let failure = failure { try slot.work() }
        // What still reads as a unit names another base.
        #expect(failure?.exit == .malformedUnit || failure?.exit == .wrongBase, "seed \(seed)")
        #expect(!slot.has("update.caravan"))
    }

    @Test func `a missing base is told with its name`() throws {
        let slot = try ExampleSlot()
        try FileManager.default.removeItem(atPath: slot.folder.file("base.safetensors"))
        let failure = failure { try slot.work() }
        #expect(failure?.exit == .wrongBase)
        #expect(failure?.reason.contains(slot.unit.base.weights.short) == true)
    }

    @Test func `a base with one other bit is refused`() throws {
        let slot = try ExampleSlot()
        var base = try slot.folder.read("base.safetensors")
        base[base.count - 3] ^= 1
        try slot.folder.write(base, to: "base.safetensors")
        #expect(failure { try slot.work() }?.exit == .wrongBase)
    }

    @Test func `another checkpoint is another base, whatever its model`() throws {
        let slot = try ExampleSlot()
        var model = ModelConfiguration.tiny
        model.layers += 1
        let other = InitialWeights(model: model, seed: 1)
        _ = try ExampleSlot.writeBase(model, other.all(), to: slot.folder.file("base.safetensors"))
        #expect(failure { try slot.work() }?.exit == .wrongBase)
        // Not finite, but above all not the unit's.
        let nothing = Array(repeating: Float.nan, count: slot.weights.count)
        _ = try ExampleSlot.writeBase(.tiny, nothing, to: slot.folder.file("base.safetensors"))
        #expect(failure { try slot.work() }?.exit == .wrongBase)
    }

    @Test func `a base that is not finite is refused`() throws {
        let slot = try ExampleSlot()
        var weights = slot.weights
        weights[weights.count / 2] = .infinity
        let base = try ExampleSlot.writeBase(.tiny, weights, to: slot.folder.file("base.safetensors"))
        try slot.change { $0.base = base }
        let failure = failure { try slot.work() }
        #expect(failure?.exit == .malformedUnit)
        #expect(failure?.reason.contains("not finite") == true)
    }

    @Test func `a unit whose base has another shape is refused`() throws {
        let slot = try ExampleSlot()
        try slot.change { $0.model.layers = 1 }
        #expect(failure { try slot.work() }?.exit == .malformedUnit)
    }

    @Test func `a base that is no checkpoint is refused`() throws {
        let slot = try ExampleSlot()
        let junk = Array("junk".utf8)
        try slot.folder.write(junk, to: "base.safetensors")
        try slot.change { $0.base = CheckpointReference(version: 0, weights: Digest(of: junk), bytes: junk.count) }
        #expect(failure { try slot.work() }?.exit == .malformedUnit)
    }

    @Test func `numbers that become infinite end the unit`() throws {
        let slot = try ExampleSlot(scale: 1e30)
        let failure = failure { try slot.work() }
        #expect(failure?.exit == .diverged)
        #expect(failure?.reason.contains("finite") == true)
        #expect(!slot.has("update.caravan"))
    }

    @Test func `two workers cannot use one slot`() throws {
        let slot = try ExampleSlot()
        let first = try SlotWorker(slot: slot.folder.path, threads: 1)
        #expect(failure { try slot.work() }?.exit == .stopped)
        withExtendedLifetime(first) {}
        #expect(first.step == 0)
    }

    #if os(Linux)
    @Test(arguments: ["state.tmp", "update.caravan.tmp"])
    func `a full disk is told and keeps what was saved`(file: String) throws {
        let slot = try ExampleSlot()
        try slot.work(stoppingAt: 3)
        let state = try slot.folder.read("state")
        try FileManager.default.createSymbolicLink(
            atPath: slot.folder.file(file), withDestinationPath: "/dev/full")
        let failure = failure { try slot.work(saveEvery: 2) }
        #expect(failure?.exit == .diskFull)
        #expect(failure?.reason.contains("free some space") == true)
        #expect(!slot.has("update.caravan"))
        if file == "state.tmp" { #expect(try slot.folder.read("state") == state) }
        #expect(try slot.work() == .finished)
    }
    #endif

    private func failure(_ work: () throws -> Void) -> WorkerFailure? {
        do {
            try work()
            return nil
        } catch {
            return error as? WorkerFailure
        }
    }
}
