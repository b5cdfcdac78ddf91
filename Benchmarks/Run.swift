import Foundation

/// A process that prints figures: this program, unless another is named.
struct Run: Hashable {
    var program: String?
    var arguments: [String]
    /// Added to the environment of this process.
    var environment: [String: String] = [:]

    /// Starts the process and waits for its end.
    ///
    /// - Returns: the lines of figures that it printed.
    func figures() throws -> [Figures] {
        let pipe = Pipe()
        let process = try start(output: pipe)
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let lines = output.split(separator: "\n").compactMap { Figures(line: $0) }
        guard process.terminationStatus == 0, !lines.isEmpty else {
            throw RunFailure(run: self, status: process.terminationStatus)
        }
        return lines
    }

    /// Starts the process; its errors go where ours go.
    func start(output: Pipe? = nil) throws -> Process {
        let process = Process()
        process.executableURL = program.map { URL(filePath: $0) } ?? Bundle.main.executableURL
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output ?? FileHandle.nullDevice
        try process.run()
        return process
    }
}

extension Run: CustomStringConvertible {
    var description: String {
        let variables = environment.keys.sorted().map { "\($0)=\(environment[$0] ?? "")" }
        return (variables + [program ?? "caravan-benchmarks"] + arguments).joined(separator: " ")
    }
}

struct RunFailure: Error, CustomStringConvertible {
    let run: Run
    let status: Int32

    var description: String { "status \(status) and no usable figures from: \(run)" }
}
