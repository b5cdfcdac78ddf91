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
    var codec = UpdateCodec.int4

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

    @Flag(inversion: .prefixedNo, help: "Whether updates are inflated already, as their judge leaves them.")
    var inflated = true

    @Option(help: "Merges that are measured, after one to warm up; memory is copied before each.")
    var merges = 5

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
        let strategy = chosenStrategy
        let contributions = try project.contributions(
            updates, inflated: inflated && InflatedUpdate.exists(for: codec))
        let before = ThisProcess.peakMegabytes
        try project.merge(contributions, by: strategy, threads: threads)
        let peak = ThisProcess.peakMegabytes
        let parts = MergeParts(project: project, contributions: contributions, team: ThreadTeam(threads: threads))
        let arrays = MachineArrays(count: 32 << 20)
        var (times, copies, averages): ([Double], [Double], [Double]) = ([], [], [])
        for _ in 0..<merges {
            copies.append(arrays.rate(of: .copy, parts.team))
            try project.removeVersion(strategy)
            times += try measure(seconds: 0, warmUp: 0, atLeast: 1) {
                try project.merge(contributions, by: strategy, threads: threads)
            }
            if let average = parts.average() { averages.append(average) }
        }
        func rates(_ times: [Double]) -> [Double] {
            times.map { Double(4 * updates * project.layout.count) / $0 / 1e6 }
        }
        print(
            Figures(
                "merge",
                [
                    "threads": "\(threads)", "updates": "\(updates)", "parameters": "\(project.layout.count)",
                    "codec": codec.rawValue, "inflated": "\(inflated)", "strategy": strategy.kind.rawValue,
                    "rule": rule.rawValue, "clip": clip.rawValue,
                    "updateMegabytes": ThisProcess.megabytes(project.updateBytes).formatted(digits: 1),
                    "seconds": (times.median / 1000).formatted(digits: 3),
                    "parameterGigabytes": rates(times).median.formatted(digits: 1),
                    "copyGigabytes": copies.median.formatted(digits: 1),
                    "share": Spread(ratioOf: rates(times), to: copies).median.formatted(digits: 2),
                    "averageSeconds": (averages.median / 1000).formatted(digits: 3),
                    "averageShare": Spread(ratioOf: rates(averages), to: copies).median.formatted(digits: 2),
                    "megabytesBefore": before.formatted(digits: 0), "peakMegabytes": peak.formatted(digits: 0),
                ]))
        print(try parts.outerStep())
    }
}

/// The parts of a merge, each alone: what limits the whole.
private struct MergeParts {
    let project: MergeProject
    let contributions: [WeightedUpdate]
    let team: ThreadTeam

    /// Reads inflated updates and adds them up, on all threads.
    ///
    /// - Returns: milliseconds; nil where updates are not inflated.
    func average() -> Double? {
        let inflated = contributions.compactMap(\.inflated)
        guard inflated.count == contributions.count else { return nil }
        let (count, width) = (project.layout.count, InflatedUpdate.sliceValues)
        return measure(seconds: 0, warmUp: 0, atLeast: 1) {
            team.run(slices: (count + width - 1) / width) { slice, _ in
                let size = min(width, count - slice * width)
                var sums = [Double](repeating: 0, count: size)
                for start in stride(from: 0, to: inflated.count, by: UpdatePayload.atOnce) {
                    let group = start..<min(start + UpdatePayload.atOnce, inflated.count)
                    UpdatePayload.add(
                        inflated[group].compactMap { $0.payload(ofSliceAt: slice * width) },
                        times: contributions[group].map(\.weight), to: &sums, in: 0..<size)
                }
            }
        }.median
    }

    /// What remains after the averages, on one thread: reading weights, digesting and writing them.
    func outerStep() throws -> Figures {
        let file = try project.base()
        let bytes = [UInt8](repeating: 1, count: 1 << 18)
        let pieces = 4 * project.layout.count / bytes.count
        let written = project.folder.appending(path: "written").path
        /// - Returns: the median of five.
        func seconds(_ part: () throws -> Void) rethrows -> String {
            let times = try (0..<5).map { _ in
                try? DurableFile.remove(written)
                return try measure(seconds: 0, warmUp: 0, atLeast: 1, part).median
            }
            return (times.median / 1000).formatted(digits: 3)
        }
        return Figures(
            "mergeParts",
            [
                "readWeightsSeconds": try seconds {
                    for piece in 0..<pieces { _ = try file.values(piece << 16..<(piece + 1) << 16) }
                },
                "digestSeconds": seconds {
                    var hasher = DigestHasher()
                    for _ in 0..<pieces { hasher.update(bytes) }
                    _ = hasher.finish()
                },
                "writeSeconds": try seconds {
                    var file = try DurableFile(path: written)
                    for _ in 0..<pieces {
                        try file.append(bytes)
                        file.startSync()
                    }
                    try file.sync()
                },
            ])
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

    /// - Parameter inflated: each in a file of its own, so that no cache holds what several share.
    func contributions(_ count: Int, inflated: Bool) throws -> [WeightedUpdate] {
        try (0..<count).map { index in
            let file = try FileBytes(path: folder.appending(path: "update-\(index % distinct)").path)
            let update = try UpdateArchive(file, maximumParameters: layout.count)
            return WeightedUpdate(
                index: index, update: update,
                weight: contributionWeight(tokens: 1000 + index, staleness: index % 2), tokens: 1000 + index,
                prepared: inflated
                    ? try PreparedUpdate(update, in: layout, path: folder.appending(path: "inflated-\(index)").path)
                        .opened() : nil)
        }
    }

    func merge(_ contributions: [WeightedUpdate], by strategy: Strategy, threads: Int) throws {
        let previous = PreviousVersion(version: 0, weights: try base())
        var next = NextVersion(weights: try writer("weights"))
        for part in strategy.stateParts where part != .norms { next.state[part] = try writer(part.rawValue) }
        _ = try Aggregator(strategy: strategy, threads: threads).merge(
            previous: previous, contributions: contributions, into: next)
        _ = try next.weights.finish()
        for writer in next.state.values { _ = try writer.finish() }
    }

    /// A version is a new file: emptying an old one is no part of a merge.
    func removeVersion(_ strategy: Strategy) throws {
        for name in ["weights"] + strategy.stateParts.map(\.rawValue) {
            try DurableFile.remove(folder.appending(path: name).path)
        }
    }

    func base() throws -> WeightsFile {
        try WeightsFile(FileBytes(path: folder.appending(path: "base").path))
    }

    private func writer(_ name: String) throws -> WeightsWriter {
        try WeightsWriter(path: folder.appending(path: name).path, model: model)
    }
}

extension UpdateCodec: ExpressibleByArgument {}
extension Strategy.Kind: ExpressibleByArgument {}
extension Robustness.Rule: ExpressibleByArgument {}
extension Robustness.Clip: ExpressibleByArgument {}
