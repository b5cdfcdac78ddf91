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
    public init(executable: String?, threads: Int?, saveEvery: Seconds, nice: Int) throws {
        let beside = Bundle.main.executableURL?.deletingLastPathComponent().appendingPathComponent("caravan-worker")
            .path
        guard let path = executable ?? beside, FileManager.default.isExecutableFile(atPath: path) else {
            throw VolunteerFailure.worker(
                "there is no program \(executable ?? beside ?? "caravan-worker"): give its path with --worker")
        }
        self.executable = path
        options =
            (threads.map { ["--threads", "\($0)"] } ?? [])
            + ["--save-every", "\(saveEvery.count)", "--nice", "\(nice)", "--until-end-of-input"]
    }

    public func train(
        slot: String, progress: @escaping @Sendable (TrainingProgress) -> Void
    ) async throws -> WorkerEnd {
        let child = Child(executable: executable, arguments: ["--slot", slot] + options, log: slot + "/worker.log")
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
    private let executable: String
    private let arguments: [String]
    /// Takes what the process says on its standard error.
    private let log: String
    private let state = Mutex(State.waiting)

    private enum State {
        case waiting
        case running(pid_t)
        case stopping
        case ended
    }

    init(executable: String, arguments: [String], log: String) {
        self.executable = executable
        self.arguments = arguments
        self.log = log
    }

    /// Asks the process to save and stop: at once if it runs, else as soon as it does.
    func stop() {
        state.withLock {
            if case .running(let process) = $0 { kill(process, SIGTERM) }
            if case .ended = $0 { return }
            $0 = .stopping
        }
    }

    /// Blocks until the process has ended.
    func run(_ progress: (TrainingProgress) -> Void) throws -> WorkerEnd {
        try DurableFile.write([], to: log)
        guard let errors = FileHandle(forWritingAtPath: log) else { throw FileFailure("open", log) }
        let process = Process()
        let input = Pipe()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        // Never written to: its end tells the worker that we are gone.
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errors
        try start(process)
        read(output.fileHandleForReading, progress)
        process.waitUntilExit()
        state.withLock { $0 = .ended }
        withExtendedLifetime(input) {}
        guard process.terminationReason == .exit else {
            return WorkerEnd(exit: nil, message: "the worker was killed by signal \(process.terminationStatus)")
        }
        let code = process.terminationStatus
        return WorkerEnd(exit: WorkerExit(rawValue: code), message: lastWords ?? "the worker ended with code \(code)")
    }

    /// Reads progress lines until the process closes its output.
    private func read(_ output: FileHandle, _ progress: (TrainingProgress) -> Void) {
        var rest = Data()
        while true {
            let piece = output.availableData
            if piece.isEmpty { return }
            rest.append(piece)
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                if let step = try? JSONDecoder().decode(TrainingProgress.self, from: rest[..<end]) { progress(step) }
                rest = Data(rest[(end + 1)...])
            }
            if rest.count > 1 << 16 { rest = Data() }
        }
    }

    private var lastWords: String? {
        let text = FileManager.default.contents(atPath: log).map { String(decoding: $0.suffix(4096), as: UTF8.self) }
        return text?.split(separator: "\n").last.map(String.init)
    }

    private func start(_ process: Process) throws {
        try state.withLock { state in
            do {
                try process.run()
            } catch {
                throw VolunteerFailure.worker("cannot start \(executable): \(error.localizedDescription)")
            }
            if case .stopping = state {
                kill(process.processIdentifier, SIGTERM)
            } else {
                state = .running(process.processIdentifier)
            }
        }
    }
}
