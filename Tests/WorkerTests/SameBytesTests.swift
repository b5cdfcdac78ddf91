import Foundation
import Kernels
import LanguageModel
import TestSupport
import Testing
import WorkUnits

/// The program itself, with the instructions of other processors.
struct SameBytesTests {
    /// Sums of more than one block of terms, slices that are not full, heads and a vocabulary that no vector divides.
    static let model = ModelConfiguration(layers: 2, width: 36, heads: 4, vocabulary: 67, context: 40)

    private func slot(_ change: (inout TrainingSettings) -> Void = { _ in }) throws -> ExampleSlot {
        let slot = try ExampleSlot(model: Self.model, steps: 2)
        try slot.change { unit in
            unit.training.numerics = .canonical
            (unit.training.batchSize, unit.training.microBatchSize, unit.training.sequenceLength) = (8, 8, 40)
            change(&unit.training)
        }
        return slot
    }

    @Test(arguments: OptimizerSettings.Kind.allCases)
    func `instructions and threads change no byte of a canonical update`(kind: OptimizerSettings.Kind) throws {
        var updates: [String: [UInt8]] = [:]
        for set in InstructionSet.available {
            for threads in 1...3 {
                let slot = try slot { $0.optimizer.kind = kind }
                let (status, messages) = try run(slot, threads: threads, instructions: set.rawValue)
                try #require(status == 0, "\(set), \(threads) threads: \(messages)")
                updates["\(set), \(threads) threads"] = try slot.update()
            }
        }
        let unforced = try slot { $0.optimizer.kind = kind }
        #expect(try run(unforced, threads: 2, instructions: nil).status == 0)
        updates["as the worker likes"] = try unforced.update()
        let first = try #require(updates["baseline, 1 threads"])
        for (name, update) in updates { #expect(update == first, "\(name)") }
    }

    @Test func `instructions that the processor lacks are refused by name`() throws {
        let lacking = InstructionSet.allCases.filter { !InstructionSet.available.contains($0) }
        for name in lacking.map(\.rawValue) + ["sse9", "AVX2"] {
            let slot = try slot()
            let (status, messages) = try run(slot, threads: 1, instructions: name)
            #expect(status == WorkerExit.usage.rawValue)
            #expect(messages.contains("CARAVAN_INSTRUCTIONS=\(name), and this processor has: baseline"))
            #expect(!slot.has("update.caravan"))
        }
    }

    private func run(
        _ slot: ExampleSlot, threads: Int, instructions: String?
    ) throws -> (status: Int32, messages: String) {
        let products = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
        let process = Process()
        let file = try slot.folder.write([], to: "messages")
        process.executableURL = products.appending(path: "caravan-worker")
        process.arguments = ["--slot", slot.folder.path, "--threads", "\(threads)"]
        var environment = ProcessInfo.processInfo.environment
        environment[InstructionSet.variable] = instructions
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: URL(filePath: file))
        try process.run()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: try slot.folder.read("messages"), as: UTF8.self))
    }
}
