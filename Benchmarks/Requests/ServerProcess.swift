import Foundation
import WorkUnits

/// A real `caravan-server`, the one beside this program, in a folder that goes with it.
final class ServerProcess {
    let folder: URL
    private(set) var port = 0
    private var process: Process?
    private let isKept: Bool

    /// Writes the project's files; `start` begins to serve them.
    ///
    /// - Parameter kept: a folder that stays, with what is there from an earlier time; nil: a temporary one.
    init(recipe: String, text: String, kept: String?) throws {
        isKept = kept != nil
        folder =
            kept.map { URL(filePath: $0, directoryHint: .isDirectory) }
            ?? FileManager.default.temporaryDirectory.appending(path: "caravan-requests-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try DurableFile.write(Array(text.utf8), to: folder.appending(path: "text.txt").path)
        try DurableFile.write(Array(recipe.utf8), to: folder.appending(path: "recipe.yaml").path)
    }

    deinit {
        stop()
        if !isKept { try? FileManager.default.removeItem(at: folder) }
    }

    /// Where the server keeps its data.
    var data: String { folder.appending(path: "server").path }

    /// Starts the server and waits until it listens.
    func start() throws {
        let urlFile = folder.appending(path: "url")
        try DurableFile.remove(urlFile.path)
        let process = Process()
        process.executableURL = Bundle.main.executableURL?.deletingLastPathComponent().appending(path: "caravan-server")
        process.arguments = [
            "run", folder.appending(path: "recipe.yaml").path, "--folder", data, "--port", "0", "--url-file",
            urlFile.path, "--connections", "1000",
        ]
        let log = folder.appending(path: "log")
        try DurableFile.write([], to: log.path)
        let output = try FileHandle(forWritingTo: log)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        self.process = process
        while true {
            if let text = try? String(contentsOf: urlFile, encoding: .utf8), text.hasSuffix("\n") {
                port = text.split(separator: ":").last.flatMap { Int($0.dropLast()) } ?? 0
                return
            }
            guard process.isRunning else {
                throw RequestsFailure("the server ended: \((try? String(contentsOf: log, encoding: .utf8)) ?? "")")
            }
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    func stop() {
        guard let process, process.isRunning else { return }
        process.terminate()
        process.waitUntilExit()
    }

    /// What all its threads have computed so far; not a number where the system does not tell.
    var processorSeconds: Double {
        // proc(5): user and system time are fields 14 and 15, in ticks; the name, which may hold spaces, is field 2.
        guard let fields = status("stat").split(separator: ")").last?.split(separator: " "), fields.count > 12,
            let user = Double(fields[11]), let system = Double(fields[12])
        else { return .nan }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// The most memory that was resident at once; not a number where the system does not tell.
    var peakMegabytes: Double {
        let line = status("status").split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) }.map { $0 / 1024 }
            ?? .nan
    }

    private func status(_ file: String) -> String {
        (try? String(contentsOfFile: "/proc/\(process?.processIdentifier ?? 0)/\(file)", encoding: .utf8)) ?? ""
    }
}

/// Why requests could not be measured.
struct RequestsFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
