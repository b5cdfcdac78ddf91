import Foundation
import WorkUnits

/// The folder of one unit, shared with whoever ordered it.
///
///     unit.caravan       the work-unit archive
///     base.safetensors   the weights that it names
///     feedback           what the host's codec left out so far, for a unit that asks for error feedback
///     progress.jsonl     a line for each step
///     state              where to continue; replaced as a whole
///     feedback.next      the same after this unit, if its update is accepted
///     trace.json         where the training went: for the coordinator alone
///     update.caravan     the result; appears as a whole, and last
///     worker.lock        held by the worker that trains here
struct Slot {
    private let path: String

    init(path: String) {
        self.path = path
    }

    var unit: String { path + "/unit.caravan" }
    var base: String { path + "/base.safetensors" }
    var feedback: String { path + "/feedback" }
    var nextFeedback: String { path + "/feedback.next" }
    var progress: String { path + "/progress.jsonl" }
    var state: String { path + "/state" }
    var trace: String { path + "/trace.json" }
    var update: String { path + "/update.caravan" }

    /// Only one worker at a time may use a slot. The lock ends with the value or with the process.
    func lock() throws(WorkerFailure) -> SlotLock {
        let name = path + "/worker.lock"
        let file = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw WorkerFailure(FileFailure("open", name)) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            throw WorkerFailure(.stopped, "another worker trains in \(path)")
        }
        return SlotLock(file: file)
    }
}

/// Held while a worker runs.
final class SlotLock {
    private let file: Int32

    init(file: Int32) {
        self.file = file
    }

    deinit {
        // Explicitly: a program that is being started at this moment still shares the open file.
        flock(file, LOCK_UN)
        close(file)
    }
}
