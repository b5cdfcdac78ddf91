import WorkUnits

/// Why a worker ends without an update.
public struct WorkerFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The code that the process ends with.
    public var exit: WorkerExit
    public var reason: String

    init(_ exit: WorkerExit, _ reason: String) {
        self.exit = exit
        self.reason = reason
    }

    init(_ failure: FileFailure) {
        self.init(failure.isDiskFull ? .diskFull : .inputOutput, failure.description)
    }

    public var description: String { reason }
}
