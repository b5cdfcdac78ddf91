import Checkpoints
import Foundation
import Training
import WorkUnits

/// Everything in a slot comes from outside: it is checked before it is used.
extension Slot {
    /// - Returns: the unit without its tokens, and the digest that names it.
    func readUnit() throws(WorkerFailure) -> (WorkUnit, Digest) {
        (try archive().unit, try digest(of: unit).digest)
    }

    /// Opens the weights that the unit starts from. `trainer` reads them, and refuses others than those.
    func openBase(of unit: WorkUnit) throws(WorkerFailure) -> WeightsFile {
        guard FileManager.default.fileExists(atPath: base) else {
            throw WorkerFailure(.wrongBase, "\(base) is missing: put the weights \(unit.base.weights.short) there")
        }
        do {
            let weights = try WeightsFile(FileBytes(path: base))
            guard weights.model == unit.model else {
                throw MalformedCheckpoint("the unit's model is not that of its base")
            }
            return weights
        } catch {
            // The right file can be wrong for its unit; any other is simply another.
            try check(try digest(of: base), against: unit.base)
            throw WorkerFailure(.malformedUnit, "the unit's base cannot be used: \(error)")
        }
    }

    private func check(_ found: FileDigest, against expected: CheckpointReference) throws(WorkerFailure) {
        guard found.digest == expected.weights, found.bytes == expected.bytes else {
            throw WorkerFailure(
                .wrongBase,
                "\(base) is \(found.digest.short), and the unit is for \(expected.weights.short): fetch that one")
        }
    }

    /// - Parameter memory: bytes that the process may take.
    func trainer(_ unit: WorkUnit, _ base: WeightsFile, threads: Int, memory: Int) throws(WorkerFailure) -> Trainer {
        guard
            let settings = unit.training.fitting(memory, model: unit.model, tokens: unit.tokenCount, threads: threads)
        else {
            var least = unit.training
            least.recompute = .block
            let need = MemoryNeed(model: unit.model, settings: least, tokens: unit.tokenCount, threads: threads).total
            throw WorkerFailure(
                .tooLittleMemory,
                "this unit needs \(need.megabytes) of memory with \(threads) threads, and \(memory.megabytes) are "
                    + "allowed: allow more with --memory, or train with fewer threads")
        }
        do {
            return try Trainer(
                model: unit.model, settings: settings, tokens: try archive().tokens, threads: threads
            ) { buffer, team in
                try check(try base.load(into: buffer, on: team), against: unit.base)
            }
        } catch let failure as WorkerFailure {
            throw failure
        } catch TrainingFailure.unavailable(let set) {
            throw WorkerFailure(.usage, "\(set)")
        } catch {
            throw WorkerFailure(.malformedUnit, "the unit cannot be trained: \(error)")
        }
    }

    /// What the host held back so far: nothing where there is no such file, or none that fits and is whole.
    func readFeedback(parameterCount: Int) -> ErrorFeedback {
        let state = try? ErrorFeedback(FileBytes(path: feedback), parameterCount: parameterCount)
        return state ?? ErrorFeedback(parameterCount: parameterCount)
    }

    /// Whether an earlier worker finished this unit, and was not heard.
    func hasUpdate(for name: Digest) -> Bool {
        guard let bytes = try? FileBytes(path: update),
            let archive = try? UpdateArchive(bytes, maximumParameters: .max)
        else { return false }
        return archive.manifest.unit == name
    }

    private func archive() throws(WorkerFailure) -> WorkUnitArchive {
        do {
            return try WorkUnitArchive.decode(FileBytes(path: unit))
        } catch let error as UnreadableBytes {
            throw WorkerFailure(.inputOutput, error.description)
        } catch {
            throw WorkerFailure(.malformedUnit, "\(unit): \(error)")
        }
    }

    private func digest(of path: String) throws(WorkerFailure) -> FileDigest {
        do {
            return try FileDigest.read(path)
        } catch {
            throw WorkerFailure(.inputOutput, error.description)
        }
    }
}

extension Int {
    /// Bytes in words.
    fileprivate var megabytes: String { "\((self + 999_999) / 1_000_000) MB" }
}
