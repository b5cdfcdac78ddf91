import Aggregation
import Checkpoints
import LanguageModel
import TestSupport
import Testing
import WorkUnits

extension WeightedUpdate {
    /// The same as another unit's.
    func again(_ index: Int) -> WeightedUpdate {
        var copy = self
        (copy.index, copy.weight) = (index, 1)
        return copy
    }

    /// Of an update that is not in memory.
    var archive: UpdateArchive {
        get throws {
            let archive: UpdateArchive? = if case .archive(let archive, _) = source { archive } else { nil }
            return try #require(archive)
        }
    }
}

/// A folder to merge in, and a version to begin with.
struct Merging {
    /// Weights, and what is carried beside them.
    struct Version {
        var number: Int
        var weights: [Float]
        var state: [OuterState.Part: [Float]] = [:]
        var norms: NormHistory?
    }

    let folder: TemporaryFolder
    let model: ModelConfiguration
    let layout: ParameterLayout
    let initial: Version

    init(_ model: ModelConfiguration = .tiny, seed: UInt64 = 1) throws {
        folder = try TemporaryFolder()
        self.model = model
        layout = ParameterLayout(model)
        var random = SplitMix64(seed: seed)
        initial = Version(number: 0, weights: random.floats(layout.count))
    }

    var parameters: Int { layout.count }

    func update(_ difference: [Float], index: Int, weight: Double = 1) throws -> WeightedUpdate {
        let archive = try UpdateArchive.encode(.example(parameterCount: difference.count), difference: difference)
        return try WeightedUpdate(
            index: index, update: UpdateArchive(archive, maximumParameters: layout.count), weight: weight)
    }

    func updates(_ differences: [[Float]], weights: [Double]? = nil) throws -> [WeightedUpdate] {
        try differences.enumerated().map { try update($1, index: $0, weight: weights?[$0] ?? 1) }
    }

    func merge(
        _ contributions: [WeightedUpdate], into version: Version? = nil, by strategy: Strategy, threads: Int = 1
    ) throws -> (version: Version, report: MergeReport) {
        let version = version ?? initial
        let next = NextVersion(
            weights: try writer("next"),
            state: try Dictionary(
                uniqueKeysWithValues: strategy.stateParts.subtracting([.norms]).map { ($0, try writer($0.rawValue)) }))
        let (report, norms) = try Aggregator(strategy: strategy, threads: threads).merge(
            previous: PreviousVersion(
                version: version.number, weights: try file(version.weights),
                state: try version.state.mapValues(file), norms: version.norms),
            contributions: contributions, into: next)
        return (
            Version(
                number: version.number + 1, weights: try numbers(next.weights, "next"),
                state: try Dictionary(
                    uniqueKeysWithValues: next.state.map { ($0, try numbers($1, $0.rawValue)) }), norms: norms),
            report
        )
    }

    /// The combined pseudo-gradient: what plain averaging at a rate of 1 adds to weights of 0.
    func combined(_ contributions: [WeightedUpdate], by robustness: Robustness, threads: Int = 1) throws -> [Double] {
        let zero = Version(number: 0, weights: Array(repeating: 0, count: layout.count))
        return try merge(
            contributions, into: zero, by: Strategy(kind: .fedAvg, robustness: robustness), threads: threads
        ).version.weights.map(Double.init)
    }

    private func writer(_ name: String) throws -> WeightsWriter {
        try WeightsWriter(path: folder.file(name), model: model)
    }

    private func file(_ weights: [Float]) throws -> WeightsFile {
        let path = folder.file("previous")
        let writer = try WeightsWriter(path: path, model: model)
        try writer.append(weights)
        _ = try writer.finish()
        let file = try FileBytes(path: path)
        return try WeightsFile(file.read(file.count, at: 0))
    }

    private func numbers(_ writer: WeightsWriter, _ name: String) throws -> [Float] {
        _ = try writer.finish()
        return try WeightsFile(FileBytes(path: folder.file(name))).all()
    }
}

func norm(_ vector: [Double]) -> Double { vector.reduce(0) { $0 + $1 * $1 }.squareRoot() }

func difference(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 - $1 } }

/// Σ weightᵢ · vectorᵢ / Σ weightᵢ
func mean(_ vectors: [[Double]], weights: [Double]? = nil) -> [Double] {
    let weights = weights ?? Array(repeating: 1, count: vectors.count)
    var sum = [Double](repeating: 0, count: vectors[0].count)
    for (vector, weight) in zip(vectors, weights) {
        for index in sum.indices { sum[index] += weight * vector[index] }
    }
    return sum.map { $0 / weights.reduce(0, +) }
}
