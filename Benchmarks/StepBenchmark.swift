import Aggregation
import ArgumentParser
import Checkpoints
import Foundation
import LanguageModel
import WorkUnits

/// Makes the step from one version to the next as a coordinator does, and takes it as a host does, files included.
struct StepBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "step", abstract: "Makes and takes the step between two versions, beside whole weights.")

    @Option(help: "Parameters of the model, about; at least 20 million.")
    var parameters = 36_000_000

    @Option(help: "How the step is rounded.")
    var codec = UpdateCodec.int8

    @Option(help: "Threads that make the step; one takes it.")
    var threads = 2

    @Option(help: "Repetitions that are measured, after one to warm up.")
    var turns = 3

    func validate() throws {
        guard parameters >= 20_000_000 else { throw ValidationError("--parameters \(parameters): at least 20 million") }
        guard threads >= 1, turns >= 1 else { throw ValidationError("--threads and --turns are at least 1") }
    }

    func run() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "caravan-step-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func path(_ name: String) -> String { folder.appending(path: name).path }
        // The vocabulary takes what six blocks leave.
        var model = ModelConfiguration(layers: 6, width: 512, heads: 8, vocabulary: 1, context: 512)
        model.vocabulary = (parameters - ParameterLayout(model).count) / model.width
        let (base, change) = (InitialWeights(model: model, seed: 1), InitialWeights(model: model, seed: 2))
        let previous = try weights(of: model, at: path("previous")) { base.values($0) }
        // Bell-shaped, and small, as trained differences are.
        let merged = try weights(of: model, at: path("merged")) { range in
            zip(base.values(range), change.values(range)).map { $0 + 0.05 * $1 }
        }
        let manifest = CheckpointStep.manifest(
            from: .zero, parameterCount: previous.layout.count, codec: codec, tokens: 1)
        var published = FileDigest(digest: .zero, bytes: 0)
        let making = try measure(seconds: 0, warmUp: 1, atLeast: turns) {
            let step = try UpdateWriter(path: path("step"), manifest: manifest)
            let next = try WeightsWriter(path: path("next"), model: model)
            try VersionStep(previous: previous, merged: merged).write(step, to: next, threads: threads)
            published = try step.finish()
            _ = try next.finish()
        }
        let taking = try measure(seconds: 0, warmUp: 1, atLeast: turns) {
            var file = try DurableFile(path: path("taken"), isEmptied: true)
            var hasher = DigestHasher()
            let step = try UpdateArchive(FileBytes(path: path("step")), maximumParameters: previous.layout.count)
            try CheckpointStep.apply([step], to: FileBytes(path: path("previous"))) { bytes in
                hasher.update(bytes)
                try file.append(bytes)
            }
            try file.sync()
            guard try hasher.finish() == FileDigest.read(path("next")).digest else {
                throw ValidationError("the step does not lead to the next version")
            }
        }
        let whole = try FileDigest.read(path("next")).bytes
        print(
            Figures(
                "step",
                [
                    "parameters": "\(previous.layout.count)", "codec": codec.rawValue, "threads": "\(threads)",
                    "wholeBytes": "\(whole)", "stepBytes": "\(published.bytes)",
                    "timesSmaller": (Double(whole) / Double(published.bytes)).formatted(digits: 2),
                    "makeSeconds": (making.median / 1000).formatted(digits: 2),
                    "takeSeconds": (taking.median / 1000).formatted(digits: 2),
                ]))
    }

    private func weights(
        of model: ModelConfiguration, at path: String, values: (Range<Int>) -> [Float]
    ) throws -> WeightsFile {
        let writer = try WeightsWriter(path: path, model: model)
        for start in stride(from: 0, to: writer.layout.count, by: UpdateArchive.chunkValues) {
            try writer.append(values(start..<min(start + UpdateArchive.chunkValues, writer.layout.count)))
        }
        _ = try writer.finish()
        return try WeightsFile(FileBytes(path: path))
    }
}
