import Coordination
import WorkUnits

/// Why a server's folder cannot be used, in words for the person who runs the server.
///
/// A full disk is no such failure: it is the `Refusal` that a volunteer gets as well, and passes when there is room.
public enum StoreFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Another server works in this folder.
    case inUse(folder: String)
    /// The database was made by a newer version of this program.
    case newer(path: String)
    /// What is stored contradicts itself.
    case damaged(path: String, reason: String)
    /// The system refused.
    case refused(operation: String, path: String, reason: String)

    public var description: String {
        switch self {
        case .inUse(let folder):
            "another caravan-server is using \(folder): stop that one first, or give this one another folder"
        case .newer(let path):
            "\(path) was made by a newer version of caravan-server: update this program, it was not changed"
        case .damaged(let path, let reason):
            "\(path) is damaged (\(reason)): put back a copy of the folder, or start a new run in another one"
        case .refused(let operation, let path, let reason):
            "cannot \(operation) \(path): \(reason)"
        }
    }

    static let fullDisk = Refusal(
        .unavailable, "the server's disk is full, nothing was changed: ask again later, its maintainer has to make room"
    )

    /// Does something with files, for which a full disk is that refusal.
    static func explaining<Value: ~Copyable>(_ action: () throws -> Value) throws -> Value {
        do {
            return try action()
        } catch let failure as FileFailure where failure.isDiskFull {
            throw fullDisk
        }
    }
}
