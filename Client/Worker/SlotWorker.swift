import Checkpoints
import Foundation
import Kernels
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
    /// Nil once the update is being written: its memory is free for that.
    private var trainer: Trainer?
    /// Steps that are done.
    public private(set) var step: Int

    /// Opens a slot and continues where an earlier worker saved its state.
    ///
    /// - Parameters:
    ///   - threads: that compute; does not change the update.
    ///   - memory: bytes that the process may take; does not change the update.
    public init(slot path: String, threads: Int, memory: Int = .max) throws(WorkerFailure) {
        slot = Slot(path: path)
        lock = try slot.lock()
        (unit, name) = try slot.readUnit()
        base = try slot.openBase(of: unit)
        let trainer = try slot.trainer(unit, base, threads: threads, memory: memory)
        slot.restoreState(of: trainer, name)
        step = trainer.step
        self.trainer = trainer
    }

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
        guard try train(saveEvery: saveEvery, elapsed: elapsed, shouldStop: shouldStop, report: report) else {
            return .stopped
        }
        try writeUpdate()
        return .finished
    }

    /// - Returns: false when it was asked to stop, and has saved its state.
    private func train(
        saveEvery: Seconds, elapsed: () -> Seconds, shouldStop: () -> Bool, report: (TrainingProgress) -> Void
    ) throws(WorkerFailure) -> Bool {
        guard let trainer else { preconditionFailure("it ran to its end before") }
        let log = try ProgressLog(path: slot.progress, keepingSteps: trainer.step)
        let firstStep = trainer.step
        let start = elapsed().count
        var saved = start
        while !trainer.isFinished {
            if shouldStop() {
                try slot.saveState(of: trainer, name)
                return false
            }
            let taken = try takeStep(trainer)
            step = taken.step
            let now = elapsed().count
            let progress = TrainingProgress(
                step: step, of: unit.training.steps, loss: taken.loss,
                tokensPerSecond: now > start ? Double((step - firstStep) * taken.tokens) / (now - start) : 0)
            try log.append(progress)
            report(progress)
            if now - saved >= saveEvery.count, !trainer.isFinished {
                try slot.saveState(of: trainer, name)
                saved = elapsed().count
            }
        }
        return true
    }

    private func takeStep(_ trainer: Trainer) throws(WorkerFailure) -> StepReport {
        do {
            return try trainer.takeStep()
        } catch {
            throw WorkerFailure(.diverged, error.description)
        }
    }

    private func writeUpdate() throws(WorkerFailure) {
        guard let (losses, trace, weights) = trainer.map({ ($0.losses, $0.trace, $0.weightsBuffer) }) else { return }
        trainer = nil
        let manifest = UpdateManifest(
            answering: unit, named: name, parameterCount: base.layout.count, losses: losses, trace: trace.commitment)
        do {
            try DurableFile.write(CanonicalJSON.encode(trace), to: slot.trace)
            let archive =
                unit.errorFeedback
                ? try encodeWithFeedback(manifest, weights)
                : try UpdateArchive.encode(manifest) { try difference(weights, $0) }
            try DurableFile.write(archive, to: slot.update)
        } catch let failure as WorkerFailure {
            throw failure
        } catch let failure as FileFailure {
            throw WorkerFailure(failure)
        } catch let failure as UnencodableUpdate {
            throw WorkerFailure(.diverged, failure.description)
        } catch {
            throw WorkerFailure(.inputOutput, "\(error)")
        }
        unlink(slot.state)
    }

    /// Leaves the next state of the feedback before the update is there. What it started from stays as it was: a worker that
    /// is interrupted in between does the same again.
    private func encodeWithFeedback(_ manifest: UpdateManifest, _ weights: FloatBuffer) throws -> [UInt8] {
        let bound = UpdateBound(unit)
        let temporary = slot.nextFeedback + ".tmp"
        defer { unlink(temporary) }
        var next = try DurableFile(path: temporary, isEmptied: true)
        let archive = try slot.readFeedback(parameterCount: manifest.parameterCount).encode(
            manifest, difference: { try difference(weights, $0) },
            limits: { try base.values($0).map(bound.limit) }, keep: { try next.append($0) })
        try DurableFile.publish(temporary, as: slot.nextFeedback)
        return archive
    }

    /// New − base for some parameters. Reads the base again instead of keeping it in memory.
    private func difference(_ weights: FloatBuffer, _ range: Range<Int>) throws -> [Float] {
        let values = zip(weights.values(range), try base.values(range)).map { $0 - $1 }
        guard values.allSatisfy(\.isFinite) else {
            throw WorkerFailure(.diverged, "a trained weight is not finite: the unit cannot be trained")
        }
        return values
    }
}

// MARK: State: the digest of the work-unit archive, then the trainer's state, which ends with a digest of its own

extension Slot {
    /// A state that is damaged, or of another unit, is not used: training begins anew.
    fileprivate func restoreState(of trainer: Trainer, _ name: Digest) {
        guard let bytes = try? FileBytes(path: state), (try? bytes.read(name.bytes.count, at: 0)) == name.bytes else {
            return
        }
        try? trainer.restore(bytes, at: name.bytes.count)
    }

    fileprivate func saveState(of trainer: Trainer, _ name: Digest) throws(WorkerFailure) {
        let temporary = state + ".tmp"
        do {
            var file = try DurableFile(path: temporary, isEmptied: true)
            try file.append(name.bytes)
            try trainer.writeState { try file.append($0) }
            try DurableFile.publish(temporary, as: state)
        } catch {
            unlink(temporary)
            throw (error as? FileFailure).map { WorkerFailure($0) } ?? WorkerFailure(.inputOutput, "\(error)")
        }
    }
}
