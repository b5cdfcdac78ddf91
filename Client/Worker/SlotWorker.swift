import Checkpoints
import Foundation
import LanguageModel
import Training
import WorkUnits

/// Trains the unit in a slot folder: no network, nothing outside the folder.
///
/// Whatever happens in between, the update has the same bytes: the state is saved as a whole or not at all, and training
/// from it continues as if nothing had happened.
public final class SlotWorker {
    private let slot: Slot
    private let lock: SlotLock
    private let unit: WorkUnit
    /// Digest of the work-unit archive.
    private let name: Digest
    private let base: WeightsFile
    private let trainer: Trainer

    /// Opens a slot and continues where an earlier worker saved its state.
    ///
    /// - Parameter threads: that compute; does not change the update.
    public init(slot path: String, threads: Int) throws(WorkerFailure) {
        slot = Slot(path: path)
        lock = try slot.lock()
        (unit, name) = try slot.readUnit()
        base = try slot.readBase(of: unit)
        trainer = try slot.trainer(unit, base, threads: threads)
        restoreState()
    }

    /// Steps that are done.
    public var step: Int { trainer.step }

    /// How a run ended.
    public enum Outcome: Hashable, Sendable {
        /// The update is there.
        case finished
        /// The state is saved.
        case stopped
    }

    /// Trains until the update is there or it is asked to stop, which it is before every step.
    ///
    /// - Parameters:
    ///   - elapsed: time since any fixed moment.
    ///   - report: called after every step, whose line is in `progress.jsonl` by then.
    public func run(
        saveEvery: Seconds, elapsed: () -> Seconds, shouldStop: () -> Bool, report: (TrainingProgress) -> Void
    ) throws(WorkerFailure) -> Outcome {
        if slot.hasUpdate(for: name) { return .finished }
        let log = try ProgressLog(path: slot.progress, keepingSteps: trainer.step)
        let firstStep = trainer.step
        let start = elapsed().count
        var saved = start
        while !trainer.isFinished {
            if shouldStop() {
                try saveState()
                return .stopped
            }
            let step = try takeStep()
            let now = elapsed().count
            let progress = TrainingProgress(
                step: step.step, of: unit.training.steps, loss: step.loss,
                tokensPerSecond: now > start ? Double((step.step - firstStep) * step.tokens) / (now - start) : 0)
            try log.append(progress)
            report(progress)
            if now - saved >= saveEvery.count, !trainer.isFinished {
                try saveState()
                saved = elapsed().count
            }
        }
        try writeUpdate()
        return .finished
    }

    private func takeStep() throws(WorkerFailure) -> StepReport {
        do {
            return try trainer.takeStep()
        } catch {
            throw WorkerFailure(.diverged, error.description)
        }
    }

    // MARK: State: the digest of the work-unit archive, then the trainer's state, which ends with a digest of its own

    /// A state that is damaged, or of another unit, is not used: training begins anew.
    private func restoreState() {
        guard let bytes = FileManager.default.contents(atPath: slot.state), bytes.starts(with: name.bytes) else {
            return
        }
        try? trainer.restore(Array(bytes.dropFirst(name.bytes.count)))
    }

    private func saveState() throws(WorkerFailure) {
        do {
            try DurableFile.write(name.bytes + trainer.state(), to: slot.state)
        } catch {
            throw WorkerFailure(error)
        }
    }

    // MARK: Update

    private func writeUpdate() throws(WorkerFailure) {
        let manifest = UpdateManifest(
            unit: name, base: unit.base.weights, parameterCount: base.layout.count, codec: unit.updateCodec,
            tokens: unit.training.tokens, losses: trainer.losses)
        do {
            let archive = try UpdateArchive.encode(manifest, difference: try difference())
            try DurableFile.write(archive, to: slot.update)
        } catch let failure as WorkerFailure {
            throw failure
        } catch let failure as FileFailure {
            throw WorkerFailure(failure)
        } catch {
            throw WorkerFailure(.inputOutput, "\(error)")
        }
        unlink(slot.state)
    }

    /// New − base, in layout order. Reads the base again, a piece at a time, instead of keeping it in memory.
    private func difference() throws -> [Float] {
        var values = trainer.weights()
        for start in stride(from: 0, to: values.count, by: 1 << 20) {
            let range = start..<min(start + 1 << 20, values.count)
            for (index, old) in zip(range, try base.values(range)) { values[index] -= old }
        }
        guard values.allSatisfy(\.isFinite) else {
            throw WorkerFailure(.diverged, "a trained weight is not finite: the unit cannot be trained")
        }
        return values
    }
}
