import Foundation
import WorkUnits

/// The folder that holds all a server knows, locked against a second server for as long as this value lives.
///
///     coordinator.sqlite   journal, snapshot, ledger, checkpoints, small blobs
///     blobs/ab/abcdef…     immutable content by SHA-256
///     uploads/             what hosts have sent and nobody has judged yet
///     temporary/           files that are being written; emptied at the start
///
/// Only its owner can look inside. The system drops the lock with the process, however that ends.
public final class DataFolder: Sendable {
    public let path: String
    private let lock: Int32

    /// Makes the folder if need be.
    /// - Throws: `StoreFailure`, `FileFailure`.
    public init(path: String) throws {
        self.path = path
        try DurableFile.makeFolder(path)
        let lockPath = "\(path)/lock"
        lock = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw FileFailure("open", lockPath) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            let failure = FileFailure("lock", lockPath)
            close(lock)
            throw failure.code == EWOULDBLOCK ? StoreFailure.inUse(folder: path) : failure
        }
    }

    /// Unlocks by itself: a process that is being started at this moment has the file open too, until its own program runs.
    deinit {
        _ = flock(lock, LOCK_UN)
        close(lock)
    }
}
