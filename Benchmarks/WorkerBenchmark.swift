import ArgumentParser
import Checkpoints
import Foundation
import LanguageModel
import Training
import WorkUnits

/// `caravan-worker` on a unit of its own: how soon it begins, and how much memory it takes.
struct WorkerBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Time from a worker's start to its first step, and its peak memory against what it was told to need.")

    @OptionGroup var workload: Workload

    @Option(help: "Steps of the unit.")
    var steps = 4

    func validate() throws {
        guard steps >= 3 else { throw ValidationError("--steps \(steps): at least 3") }
    }

    func run() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "caravan-worker-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let unit = try makeUnit(in: folder)
        let need = MemoryNeed(
            model: unit.model, settings: unit.training, tokens: unit.tokenCount, threads: workload.threads)

        let clock = ContinuousClock()
        let start = clock.now
        let process = Process()
        let output = Pipe()
        process.executableURL = Bundle.main.executableURL?.deletingLastPathComponent().appending(path: "caravan-worker")
        process.arguments = ["--slot", folder.path, "--threads", "\(workload.threads)"]
        process.standardOutput = output
        try process.run()
        var (text, times): ([UInt8], [Double]) = ([], [])
        while true {
            let bytes = output.fileHandleForReading.availableData
            if bytes.isEmpty { break }
            text += bytes
            for _ in 0..<bytes.count(where: { $0 == 10 }) { times.append((clock.now - start) / .seconds(1)) }
        }
        process.waitUntilExit()
        let line = text.split(separator: 10).first
        guard process.terminationStatus == 0, times.count == steps, let line else {
            throw RunFailure(
                run: Run(program: "caravan-worker", arguments: process.arguments ?? []),
                status: process.terminationStatus)
        }
        // What the worker says after its first step, which is slower: it touches memory for the first time.
        let first = try CanonicalJSON.decode(TrainingProgress.self, from: Array(line))
        let firstStep = Double(workload.tokens) / first.tokensPerSecond
        let later = zip(times.dropFirst(), times).map { $0 - $1 }
        print(
            Figures(
                "worker",
                [
                    "shape": workload.shape.rawValue, "threads": "\(workload.threads)",
                    "secondsToFirstStep": (times[0] - firstStep).formatted(digits: 2),
                    "firstStepSeconds": firstStep.formatted(digits: 3),
                    "stepSeconds": later.median.formatted(digits: 3),
                    "baseMegabytes": ThisProcess.megabytes(unit.base.bytes).formatted(digits: 0),
                    "neededMegabytes": ThisProcess.megabytes(need.total).formatted(digits: 0),
                    "peakMegabytes": ThisProcess.peakMegabytesOfChildren.formatted(digits: 0),
                ]))
    }

    private func makeUnit(in folder: URL) throws -> WorkUnit {
        let model = workload.shape.model
        let initial = InitialWeights(model: model, seed: 1)
        let writer = try WeightsWriter(path: folder.appending(path: "base.safetensors").path, model: model)
        for start in stride(from: 0, to: initial.layout.count, by: 1 << 20) {
            try writer.append(initial.values(start..<min(start + 1 << 20, initial.layout.count)))
        }
        let base = try writer.finish()
        let random = CounterRandom(seed: 1, stream: 0)
        let count = steps * workload.tokens + 1
        let shard = try TokenShard.encode(
            (0..<count).map { UInt32(random.below(model.vocabulary, UInt64($0))) }, vocabulary: model.vocabulary)
        let unit = WorkUnit(
            project: SigningKey().verifyingKey, index: 0,
            base: CheckpointReference(version: 0, weights: base.digest, bytes: base.bytes), model: model,
            training: workload.settings(steps: steps), shard: Digest(of: shard), tokenCount: count,
            updateCodec: .bfloat16)
        try DurableFile.write(
            WorkUnitArchive.encode(unit, shard: shard), to: folder.appending(path: "unit.caravan").path)
        return unit
    }
}
