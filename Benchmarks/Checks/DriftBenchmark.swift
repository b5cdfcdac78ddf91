import ArgumentParser
import Foundation
import LanguageModel
import WorkUnits

/// Trains the same units on several machines, which here are processes with other kernels of OpenBLAS, and by cheats.
struct DriftBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drift",
        abstract: "How far apart honest updates of a unit are where kernels of OpenBLAS differ, beside those of cheats."
    )

    @OptionGroup var text: BenchmarkText
    @OptionGroup var small: SmallFederation

    @Option(help: "Versions that are trained before, of as many units.")
    var versions = 4

    @Option(help: "Units that are compared.")
    var units = 4

    /// In another process: the weights to begin with, and where the differences go.
    @Option(help: .hidden) var base: String?
    @Option(help: .hidden) var output: String?

    /// What OpenBLAS takes the processor for, in its own words.
    private static let cores = ["Prescott", "Nehalem", "Sandybridge", "Haswell", "Zen", "SkylakeX", "Cooperlake"]

    func run() throws {
        var federation = try small.federation(of: text, versions: versions + 1, unitsEach: units)
        if let base, let output {
            federation.weights = try Self.read(base)
            return try Self.write(differences(federation, .openblas).flatMap { $0 }, to: output)
        }
        for version in 0..<versions {
            let first = version * units
            federation.merge(try (first..<first + units).map { try federation.honestUpdate(of: $0, version: version) })
        }
        let folder = FileManager.default.temporaryDirectory.appending(path: "caravan-drift-\(UUID())").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Self.write(federation.weights, to: folder + "/base")

        var distances = Distances(federation, first: versions * units, of: try differences(federation, .openblas))
        for threads in [1, 3] {
            try distances.add("\(threads) threads", elsewhere(folder, ["--threads", "\(threads)"], federation))
        }
        for core in Self.cores {
            let environment = ["OPENBLAS_CORETYPE": core]
            try distances.add("kernels for \(core)", elsewhere(folder, [], federation, environment))
        }
        try distances.add("canonical", differences(federation, .canonical))
        for percent in [99, 90, 50] {
            let steps = max(1, small.steps * percent / 100)
            try distances.add("\(percent) % of the steps", differences(federation, .openblas, after: steps))
        }
        try distances.add(
            "learning rate × 0.9",
            differences(federation, .openblas) {
                $0.schedule.peak *= 0.9
                $0.schedule.final *= 0.9
            })
        try distances.add("text in another order", differences(federation, .openblas) { $0.seed &+= 1 })
        try distances.add("other text", differences(federation, .openblas, textOf: units))
        var rounded = federation
        rounded.weights = federation.weights.map { Float(bitPattern: $0.bitPattern & 0xffff_0000) }
        try distances.add("weights in bfloat16", differences(rounded, .openblas))
        distances.table.show()
    }

    /// Of every unit that is compared, what training changes.
    ///
    /// - Parameters:
    ///   - steps: where it stops; nil for the end.
    ///   - textOf: how many units further the text is.
    private func differences(
        _ federation: TrainedUnits, _ numerics: Numerics, after steps: Int? = nil, textOf distance: Int = 0,
        _ change: (inout TrainingSettings) -> Void = { _ in }
    ) throws -> [[Float]] {
        try (versions * units..<(versions + 1) * units).map { index in
            var settings = federation.settings(version: versions, seed: UInt64(index))
            settings.numerics = numerics
            change(&settings)
            let last = steps ?? settings.steps
            return try federation.train(settings, on: federation.text(of: index + distance), after: [last])[last] ?? []
        }
    }

    /// The same by another process.
    private func elsewhere(
        _ folder: String, _ arguments: [String], _ federation: TrainedUnits, _ environment: [String: String] = [:]
    ) throws -> [[Float]] {
        let options = [
            "--steps", "\(small.steps)", "--width", "\(small.width)", "--context", "\(small.context)", "--vocabulary",
            "\(small.vocabulary)", "--learning-rate", "\(small.learningRate)", "--versions", "\(versions)", "--units",
            "\(units)", "--base", folder + "/base", "--output", folder + "/output",
        ]
        let run = Run(arguments: ["checks", "drift", text.file] + options + arguments, environment: environment)
        let process = try run.start()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw RunFailure(run: run, status: process.terminationStatus) }
        let numbers = try Self.read(folder + "/output")
        let count = federation.weights.count
        return (0..<units).map { Array(numbers[$0 * count..<($0 + 1) * count]) }
    }

    private static func write(_ numbers: [Float], to path: String) throws {
        try numbers.withUnsafeBytes { try Data($0).write(to: URL(filePath: path)) }
    }

    private static func read(_ path: String) throws -> [Float] {
        let data = try Data(contentsOf: URL(filePath: path))
        return data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }
}

/// How far updates are from those of one machine.
private struct Distances {
    private let federation: TrainedUnits
    private let first: Int
    private let trained: [[Float]]
    private(set) var table = MarkdownTable(
        title: "Drift",
        caption: "‖u − u′‖ / ‖u‖ against OpenBLAS with its own choice of kernels, least to most of all units: "
            + "as trained, and as it arrives by codec.",
        header: ["update", "trained"] + codecs.map(\.rawValue))

    /// Those that round, and of which two answers are compared.
    private static let codecs = [UpdateCodec.bfloat16, .int8, .int4]

    /// - Parameter first: the index of the first unit.
    init(_ federation: TrainedUnits, first: Int, of differences: [[Float]]) {
        self.federation = federation
        self.first = first
        trained = differences
    }

    mutating func add(_ kind: String, _ differences: [[Float]]) throws {
        let arrived = try Self.codecs.map { Self.range(try sent(differences, by: $0), try sent(trained, by: $0)) }
        table.rows.append([kind, Self.range(differences, trained)] + arrived)
    }

    private func sent(_ differences: [[Float]], by codec: UpdateCodec) throws -> [[Float]] {
        try differences.enumerated().map { try federation.sent($1, as: federation.name(first + $0), by: codec) }
    }

    private static func range(_ others: [[Float]], _ ours: [[Float]]) -> String {
        let distances = zip(others, ours).map { other, own in
            let (apart, length) = zip(other, own).reduce((0.0, 0.0)) { sums, pair in
                let (mine, difference) = (Double(pair.1), Double(pair.0) - Double(pair.1))
                return (sums.0 + difference * difference, sums.1 + mine * mine)
            }
            return (apart / length).squareRoot()
        }
        let ends = [distances.min() ?? .nan, distances.max() ?? .nan]
        return ends[1] == 0 ? "0" : ends.map { String(format: "%.2g", 100 * $0) + " %" }.joined(separator: " to ")
    }
}
