import Aggregation
import ArgumentParser
import Checkpoints
import Foundation
import Kernels
import LanguageModel
import WorkUnits

/// Merges updates into a version as a coordinator does, files included.
struct MergeBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge", abstract: "Merges updates, and compares the speed with copying memory.")

    @Option(help: "Contributions of one merge.")
    var updates = 64

    @Option(help: "Parameters of the model, about; at least 20 million.")
    var parameters = 36_000_000

    @Option(help: "How updates are encoded.")
    var codec = UpdateCodec.bfloat16

    @Option(help: "The outer optimizer.")
    var strategy = Strategy.Kind.fedAvg

    @Option(help: "How updates are combined.")
    var rule = Robustness.Rule.mean

    @Option(help: "How updates are clipped.")
    var clip = Robustness.Clip.none

    @Option(help: "Threads that merge.")
    var threads = 2

    @Option(help: "Different updates that are made; contributions take them in turn.")
    var distinct = 4

    @Option(help: "Merges that are measured, after one to warm up.")
    var merges = 3

    func validate() throws {
        guard parameters >= 20_000_000 else { throw ValidationError("--parameters \(parameters): at least 20 million") }
        guard threads >= 1, distinct >= 1, merges >= 1 else {
            throw ValidationError("--threads, --distinct and --merges are at least 1")
        }
        do {
            try chosenStrategy.robustness.validate(contributions: updates)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    private var chosenStrategy: Strategy {
        Strategy(kind: strategy, robustness: Robustness(rule: rule, hostile: rule == .mean ? 0 : 0.2, clip: clip))
    }

    mutating func run() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "caravan-merge-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let project = try MergeProject(
            in: folder, parameters: parameters, codec: codec, distinct: distinct)
        let (strategy, contributions) = (chosenStrategy, try project.contributions(updates))
        let before = ThisProcess.peakMegabytes
        let times = try measure(seconds: 0, warmUp: 1, atLeast: merges) {
            try project.merge(contributions, by: strategy, threads: threads)
        }
        let peak = ThisProcess.peakMegabytes
        let read = Double(4 * updates * project.layout.count) / times.median / 1e6
        let copied = MachineArrays(count: 32 << 20).rate(of: .copy, ThreadTeam(threads: threads))
        print(
            Figures(
                "merge",
                [
                    "threads": "\(threads)", "updates": "\(updates)", "parameters": "\(project.layout.count)",
                    "codec": codec.rawValue, "strategy": strategy.kind.rawValue, "rule": rule.rawValue,
                    "clip": clip.rawValue,
                    "updateMegabytes": ThisProcess.megabytes(project.updateBytes).formatted(digits: 1),
                    "seconds": (times.median / 1000).formatted(digits: 2),
                    "parameterGigabytes": read.formatted(digits: 2), "copyGigabytes": copied.formatted(digits: 1),
                    "share": (read / copied).formatted(digits: 2), "megabytesBefore": before.formatted(digits: 0),
                    "peakMegabytes": peak.formatted(digits: 0),
                ]))
    }
}

/// A model, its weights and some updates for it, in files.
private struct MergeProject {
    let folder: URL
    let model: ModelConfiguration
    let layout: ParameterLayout
    /// Of the first update's archive.
    let updateBytes: Int
    private let distinct: Int

    /// - Parameter parameters: the vocabulary takes what six blocks of width 512 leave.
    init(in folder: URL, parameters: Int, codec: UpdateCodec, distinct: Int) throws {
        self.folder = folder
        self.distinct = distinct
        let blocks = ParameterLayout(Self.model(vocabulary: 1)).count
        model = Self.model(vocabulary: max(2, (parameters - blocks) / 512))
        layout = ParameterLayout(model)
        let initial = InitialWeights(model: model, seed: 1)
        let writer = try WeightsWriter(path: folder.appending(path: "base").path, model: model)
        for start in stride(from: 0, to: layout.count, by: 1 << 18) {
            try writer.append(initial.values(start..<min(start + 1 << 18, layout.count)))
        }
        _ = try writer.finish()
        var bytes = 0
        for index in 0..<distinct {
            // Bell-shaped, and small, as trained differences are.
            let values = InitialWeights(model: model, seed: UInt64(index + 2))
            let manifest = UpdateManifest(
                unit: .zero, base: .zero, parameterCount: layout.count, codec: codec, tokens: 1, losses: [1])
            let archive = try UpdateArchive.encode(manifest) { range in values.values(range).map { $0 * 0.05 } }
            try DurableFile.write(archive, to: folder.appending(path: "update-\(index)").path)
            bytes = archive.count
        }
        updateBytes = bytes
    }

    private static func model(vocabulary: Int) -> ModelConfiguration {
        ModelConfiguration(layers: 6, width: 512, heads: 8, vocabulary: vocabulary, context: 512)
    }

    func contributions(_ count: Int) throws -> [WeightedUpdate] {
        try (0..<count).map { index in
            let file = try FileBytes(path: folder.appending(path: "update-\(index % distinct)").path)
            return WeightedUpdate(
                index: index, update: try UpdateArchive(file, maximumParameters: layout.count),
                weight: contributionWeight(tokens: 1000 + index, staleness: index % 2))
        }
    }

    func merge(_ contributions: [WeightedUpdate], by strategy: Strategy, threads: Int) throws {
        let previous = PreviousVersion(
            version: 0, weights: try WeightsFile(FileBytes(path: folder.appending(path: "base").path)))
        var next = NextVersion(weights: try writer("weights"))
        for part in strategy.stateParts where part != .norms { next.state[part] = try writer(part.rawValue) }
        _ = try Aggregator(strategy: strategy, threads: threads).merge(
            previous: previous, contributions: contributions, into: next)
        _ = try next.weights.finish()
        for writer in next.state.values { _ = try writer.finish() }
    }

    private func writer(_ name: String) throws -> WeightsWriter {
        try WeightsWriter(path: folder.appending(path: name).path, model: model)
    }
}

extension UpdateCodec: ExpressibleByArgument {}
extension Strategy.Kind: ExpressibleByArgument {}
extension Robustness.Rule: ExpressibleByArgument {}
extension Robustness.Clip: ExpressibleByArgument {}
