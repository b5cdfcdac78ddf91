import Foundation
import TestSupport
import Testing
import WorkUnits

/// The program itself, killed and asked to stop.
struct WorkerCommandTests {
    static let model = ModelConfiguration(layers: 2, width: 64, heads: 4, vocabulary: 200, context: 16)

    @Test(arguments: 1...3)
    func `a worker that is killed again and again ends with the same bytes`(seed: UInt64) throws {
        let whole = try ExampleSlot(model: Self.model, steps: 120)
        #expect(try run(whole).end == .exited(0))
        #expect(try whole.progressSteps() == Array(1...120))

        let slot = try ExampleSlot(model: Self.model, steps: 120)
        var random = SplitMix64(seed: seed)
        var kills = 0
        while true {
            let patience = Int.random(in: 1...30, using: &random)
            let (end, steps) = try run(slot, "--save-every", "0.01", sending: SIGKILL, afterLines: patience)
            if end == .exited(0) { break }
            #expect(end == .killed(SIGKILL), "seed \(seed)")
            #expect(steps.first.map { $0 >= 1 } == true)
            kills += 1
            try #require(kills < 1000)
        }
        #expect(kills > 0, "seed \(seed)")
        #expect(try slot.update() == whole.update(), "seed \(seed)")
        #expect(try slot.progressSteps() == Array(1...120))
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func `a worker that is asked to stop saves and continues after the last step`(signal: Int32) throws {
        let slot = try ExampleSlot(model: Self.model, steps: 300)
        let (end, steps) = try run(slot, sending: signal, afterLines: 3)
        #expect(end == .exited(WorkerExit.stopped.rawValue))
        #expect(slot.has("state") && !slot.has("update.caravan"))
        let (next, rest) = try run(slot)
        #expect(next == .exited(0))
        #expect(rest.first == (steps.last ?? 0) + 1)
    }

    @Test func `a worker stops when its starter is gone`() throws {
        let slot = try ExampleSlot(model: Self.model, steps: 300)
        let (end, _) = try run(slot, "--until-end-of-input", afterLines: 3)
        #expect(end == .exited(WorkerExit.stopped.rawValue))
        #expect(slot.has("state"))
    }

    @Test func `what is wrong is told by the code`() throws {
        let slot = try ExampleSlot()
        #expect(try run(slot, "--threads", "0").end == .exited(WorkerExit.usage.rawValue))
        #expect(try run(slot, "--nice", "x").end == .exited(WorkerExit.usage.rawValue))
        try slot.folder.write([1, 2, 3], to: "base.safetensors")
        #expect(try run(slot).end == .exited(WorkerExit.wrongBase.rawValue))
        try slot.folder.write([1, 2, 3], to: "unit.caravan")
        #expect(try run(slot).end == .exited(WorkerExit.malformedUnit.rawValue))
        #expect(!slot.has("update.caravan"))
    }

    enum End: Equatable {
        case exited(Int32)
        case killed(Int32)
    }

    /// Runs `caravan-worker` from the folder that the tests were built into.
    ///
    /// - Parameters:
    ///   - signal: sent after so many lines of progress; without one, the standard input ends then.
    private func run(
        _ slot: ExampleSlot, _ options: String..., sending signal: Int32? = nil, afterLines count: Int = .max
    ) throws -> (end: End, steps: [Int]) {
        let products = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        let process = Process()
        let input = Pipe()
        let output = Pipe()
        process.executableURL = products.appending(path: "caravan-worker")
        process.arguments = ["--slot", slot.folder.path, "--threads", "1"] + options
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        var steps: [Int] = []
        var rest = Data()
        while true {
            let piece = output.fileHandleForReading.availableData
            if piece.isEmpty { break }
            rest.append(piece)
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                steps.append(try JSONDecoder().decode(TrainingProgress.self, from: rest[..<end]).step)
                rest = Data(rest[(end + 1)...])
                guard steps.count == count else { continue }
                if let signal {
                    kill(process.processIdentifier, signal)
                } else {
                    try input.fileHandleForWriting.close()
                }
            }
        }
        process.waitUntilExit()
        let status = process.terminationStatus
        return (process.terminationReason == .exit ? .exited(status) : .killed(status), steps)
    }
}
