import Foundation
import Testing

/// The real executables, as the build left them beside the tests.
enum Programs {
    struct Missing: Error, CustomStringConvertible {
        var description: String
    }

    static func path(_ name: String) throws -> URL {
        let products = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        for folder in [products, Bundle.main.bundleURL, Bundle.main.bundleURL.deletingLastPathComponent()] {
            let candidate = folder.appending(path: name)
            if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
        }
        throw Missing(description: "\(name) was not built beside \(products.path)")
    }

    /// What a program that ran to its end left behind.
    struct Outcome {
        var status: Int32
        var output: String
    }

    /// Runs a program to its end, with its output and errors together.
    ///
    /// - Parameters:
    ///   - folder: where it runs; nil: where the tests do.
    ///   - environment: what is different in it from that of the tests.
    static func run(
        _ name: String, _ arguments: [String], input: String = "", in folder: String? = nil,
        environment: [String: String] = [:]
    ) throws -> Outcome {
        let process = Process(changing: environment)
        if let folder { process.currentDirectoryURL = URL(filePath: folder, directoryHint: .isDirectory) }
        process.executableURL = try path(name)
        process.arguments = arguments
        let file = FileManager.default.temporaryDirectory.appending(path: "caravan-output-\(UUID())")
        try Data().write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let handle = try FileHandle(forWritingTo: file)
        process.standardOutput = handle
        process.standardError = handle
        let pipe = Pipe()
        process.standardInput = pipe
        try process.run()
        try pipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try pipe.fileHandleForWriting.close()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus, output: String(decoding: try Data(contentsOf: file), as: UTF8.self))
    }
}

extension Process {
    fileprivate convenience init(changing changes: [String: String]) {
        self.init()
        environment = ProcessInfo.processInfo.environment.merging(changes) { $1 }
    }
}

/// A program that stays until it is stopped or killed, and can be started again with the same arguments.
final class RunningProgram {
    let name: String
    private let arguments: [String]
    private let environment: [String: String]
    private let log: URL
    private var process: Process?

    /// - Parameter environment: what is different in it from that of the tests.
    init(_ name: String, _ arguments: [String], environment: [String: String] = [:], log: URL) {
        self.name = name
        self.arguments = arguments
        self.environment = environment
        self.log = log
    }

    var isRunning: Bool { process?.isRunning ?? false }

    /// The exit status, once it has ended by itself.
    var exitStatus: Int32? {
        guard let process, !process.isRunning else { return nil }
        return process.terminationStatus
    }

    func start() throws {
        let process = Process(changing: environment)
        process.executableURL = try Programs.path(name)
        process.arguments = arguments
        if !FileManager.default.fileExists(atPath: log.path) {
            try Data().write(to: log)
        }
        let handle = try FileHandle(forWritingTo: log)
        try handle.seekToEnd()
        process.standardOutput = handle
        process.standardError = handle
        process.standardInput = FileHandle.nullDevice
        try process.run()
        self.process = process
    }

    /// `kill -9`: no chance to save anything.
    func kill() {
        guard let process, process.isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    func terminate() {
        guard let process, process.isRunning else { return }
        process.terminate()
        process.waitUntilExit()
    }

    func logTail() -> String {
        let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(15).joined(separator: "\n")
    }
}
