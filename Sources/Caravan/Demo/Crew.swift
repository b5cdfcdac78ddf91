import Foundation

/// The demo's processes: started from the folder of this executable, each with a log of its own, stopped together.
final class Crew {
    private struct Member {
        var name: String
        var process: Process
        /// Its standard input, which ends with this process, however that ends: then the member stops as well.
        var input: Pipe
    }

    private let logs: URL
    private var members: [Member] = []
    /// Processor seconds and peak memory of each member, as last observed.
    private(set) var usage: [String: ProcessUsage] = [:]

    init(logs: URL) {
        self.logs = logs
    }

    /// Starts a process that stays.
    func start(_ executable: String, name: String, _ arguments: [String]) throws {
        let process = try self.process(executable, log: name, arguments + ["--until-end-of-input"])
        let input = Pipe()
        process.standardInput = input
        try process.run()
        members.append(Member(name: name, process: process, input: input))
    }

    /// Runs a process to its end.
    ///
    /// - Parameter name: the log that gets its output; nil shows it.
    /// - Throws: when it fails.
    func run(_ executable: String, name: String?, _ arguments: [String]) async throws {
        let process = try self.process(executable, log: name, arguments)
        let status = try await withCheckedThrowingContinuation { (done: CheckedContinuation<Int32, any Error>) in
            process.terminationHandler = { done.resume(returning: $0.terminationStatus) }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                done.resume(throwing: error)
            }
        }
        guard status == 0 else { throw failure(executable, name: name, status: status) }
    }

    /// Throws when a member has ended with an error.
    func check() throws {
        observeUsage()
        for member in members where !member.process.isRunning && member.process.terminationStatus != 0 {
            throw failure(member.name, name: member.name, status: member.process.terminationStatus)
        }
    }

    func observeUsage() {
        for member in members where member.process.isRunning {
            if let now = ProcessUsage(of: member.process.processIdentifier) { usage[member.name] = now }
        }
    }

    /// Asks every member to end, the youngest first, and waits until they have.
    func stop() {
        for member in members.reversed() where member.process.isRunning { member.process.terminate() }
        for member in members.reversed() { member.process.waitUntilExit() }
        members = []
    }

    private func process(_ executable: String, log: String?, _ arguments: [String]) throws -> Process {
        guard let folder = Bundle.main.executableURL?.deletingLastPathComponent() else {
            throw CommandFailure("this program does not know its own folder, where \(executable) should be")
        }
        let process = Process()
        process.executableURL = folder.appending(path: executable)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        if let log {
            let handle = try Files.openForAppending(logs.appending(path: log + ".log").path)
            process.standardOutput = handle
            process.standardError = handle
        }
        return process
    }

    private func failure(_ what: String, name: String?, status: Int32) -> CommandFailure {
        guard let name else { return CommandFailure("\(what) ended with status \(status)") }
        let log = logs.appending(path: name + ".log").path
        let lines = ((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").split(separator: "\n").suffix(5)
        return CommandFailure(
            (["\(what) ended with status \(status). The end of \(log):"] + lines.map { "  " + $0 }).joined(
                separator: "\n"))
    }
}

/// What a process and its ended children have used so far, as Linux tells it.
struct ProcessUsage {
    var processorSeconds: Double
    var peakMegabytes: Double

    /// - Returns: nil where the system does not tell.
    init?(of process: Int32) {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8),
            let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let peak = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kilobytes = peak.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Double($0) }),
            let afterName = stat.split(separator: ")").last
        else { return nil }
        // proc(5): utime, stime, cutime and cstime are fields 14 to 17; the name is field 2.
        let ticks = afterName.split(separator: " ").dropFirst(11).prefix(4).compactMap { Double($0) }
        guard ticks.count == 4 else { return nil }
        processorSeconds = ticks.reduce(0, +) / Double(sysconf(Int32(_SC_CLK_TCK)))
        peakMegabytes = kilobytes / 1024
    }
}
