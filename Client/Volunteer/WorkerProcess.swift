import Foundation
import Synchronization
import WorkUnits

/// Trains the unit in a slot folder.
public protocol UnitWorker: Sendable {
    /// Returns when the worker has ended. Cancelling asks it to save its state and stop.
    func train(slot: String, progress: @escaping @Sendable (TrainingProgress) -> Void) async throws -> WorkerEnd
}

/// How a worker ended.
public struct WorkerEnd: Hashable, Sendable {
    /// Nil when it was killed.
    public var exit: WorkerExit?
    /// Its last words.
    public var message: String

    public init(exit: WorkerExit?, message: String) {
        self.exit = exit
        self.message = message
    }
}

/// Runs `caravan-worker` as a process of its own: what goes wrong in training does not touch the client.
public struct WorkerProcess: UnitWorker {
    private let executable: String
    private let options: [String]

    /// - Parameter executable: path of `caravan-worker`; nil for the one beside this program.
    public init(executable: String?, threads: Int?, megabytes: Int?, saveEvery: Seconds, nice: Int) throws {
        let beside = Bundle.main.executableURL?.deletingLastPathComponent().appendingPathComponent("caravan-worker")
            .path
        guard let path = executable ?? beside, FileManager.default.isExecutableFile(atPath: path) else {
            throw VolunteerFailure.worker(
                "there is no program \(executable ?? beside ?? "caravan-worker"): give its path with --worker")
        }
        self.executable = path
        options =
            (threads.map { ["--threads", "\($0)"] } ?? []) + (megabytes.map { ["--memory", "\($0)"] } ?? [])
            + ["--save-every", "\(saveEvery.count)", "--nice", "\(nice)", "--until-end-of-input"]
    }

    public func train(
        slot: String, progress: @escaping @Sendable (TrainingProgress) -> Void
    ) async throws -> WorkerEnd {
        let child = Child(command: [executable, "--slot", slot] + options, log: slot + "/worker.log")
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                Thread {
                    continuation.resume(with: Result { try child.run(progress) })
                }.start()
            }
        } onCancel: {
            child.stop()
        }
    }
}

/// One run of the program.
private final class Child: Sendable {
    private let command: [String]
    /// Takes what the program says on its standard error.
    private let log: String
    private let state = Mutex(State.waiting)

    private enum State {
        case waiting
        case running(pid_t)
        case stopped
    }

    init(command: [String], log: String) {
        self.command = command
        self.log = log
    }

    /// Asks the program to save and stop: at once if it runs, else as soon as it does.
    func stop() {
        state.withLock {
            if case .running(let id) = $0 { kill(id, SIGTERM) }
            $0 = .stopped
        }
    }

    /// Blocks until the program has ended.
    func run(_ progress: (TrainingProgress) -> Void) throws -> WorkerEnd {
        try DurableFile.write([], to: log)
        let process = try start()
        process.forEachLine { line in
            if let step = try? JSONDecoder().decode(TrainingProgress.self, from: Data(line)) { progress(step) }
        }
        switch process.wait(willForget: { state.withLock { $0 = .stopped } }) {
        case .exited(let code):
            let message = lastWords ?? "the worker ended with code \(code)"
            return WorkerEnd(exit: WorkerExit(rawValue: code), message: message)
        case .killed(let signal):
            return WorkerEnd(exit: nil, message: "the worker was killed by signal \(signal)")
        }
    }

    private func start() throws -> ChildProcess {
        try state.withLock { state in
            let process = try ChildProcess.start(command, log: log)
            if case .stopped = state {
                kill(process.id, SIGTERM)
            } else {
                state = .running(process.id)
            }
            return process
        }
    }

    private var lastWords: String? {
        let text = FileManager.default.contents(atPath: log).map { String(decoding: $0.suffix(4096), as: UTF8.self) }
        return text?.split(separator: "\n").last.map(String.init)
    }
}
