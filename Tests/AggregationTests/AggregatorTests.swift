import Aggregation
import Checkpoints
import LanguageModel
import TestSupport
import Testing
import WorkUnits

@Suite struct AggregatorTests {
    /// 2 chunks of parameters, the second one not full.
    private static let model = ModelConfiguration(layers: 1, width: 8, heads: 2, vocabulary: 40_000, context: 16)

    private let folder: TemporaryFolder
    private let previous: [Float]
    private let differences: [[Float]]
    private let weights: [Double] = [96, 48, 67.882_250_993_908_56, 96]

    init() throws {
        folder = try TemporaryFolder()
        var random = SplitMix64(seed: 1)
        let count = ParameterLayout(Self.model).count
        previous = random.floats(count)
        differences = (0..<4).map { _ in random.floats(count, scale: 1e-2) }
        try write(previous, to: "previous")
    }

    @Test(arguments: [1.0, 0.7])
    func `a merge is the plain weighted mean`(rate: Double) throws {
        let merged = try merge(try contributions(), rate: rate)
        for (parameter, value) in merged.enumerated() {
            var sum = 0.0
            for (difference, weight) in zip(differences, weights) { sum += weight * Double(difference[parameter]) }
            let plain = Double(previous[parameter]) + rate * sum / weights.reduce(0, +)
            guard abs(Double(value) - plain) <= plain.magnitude * 0x1p-24 + 1e-12 else {
                Issue.record("parameter \(parameter) is \(value) instead of \(plain)")
                return
            }
        }
    }

    @Test func `the order of arrival does not change a bit`() throws {
        // Large numbers that cancel: what is left of the small ones depends on when each was added.
        let values: [Float] = [1e20, 0.5, -1e20, 0.25]
        let inOrder = try values.enumerated().map { index, value in
            let difference = [Float](repeating: value, count: previous.count)
            let update = try UpdateArchive(encode(difference), maximumParameters: previous.count)
            return WeightedUpdate(index: index, update: update, weight: 1)
        }
        let expected = try merge(inOrder)
        #expect(expected == previous.map { Float(Double($0) + 0.0625) })
        for order in [[0, 2, 1, 3], [3, 2, 1, 0], [1, 3, 0, 2]] {
            #expect(try merge(order.map { inOrder[$0] }) == expected)
        }
    }

    @Test func `one contribution at a rate of one is the trained weights`() throws {
        let merged = try merge([try contributions()[0]])
        let trained = zip(previous, differences[0]).map { Float(Double($0) + Double($1)) }
        #expect(zip(merged, trained).allSatisfy { abs($0 - $1) <= $1.magnitude * 0x1p-23 })
    }

    @Test func `chunks of all updates are read in turn, each once`() throws {
        let log = ReadLog()
        let updates = try (0..<4).map { index in
            let bytes = LoggedBytes(bytes: try encode(differences[index]), name: index, log: log)
            return try WeightedUpdate(
                index: index, update: UpdateArchive(bytes, maximumParameters: previous.count), weight: 1)
        }
        log.clear()
        _ = try merge(updates)
        #expect(log.names == [0, 1, 2, 3, 0, 1, 2, 3])
        #expect(log.largest <= Archive.maximumRawBytes)
    }

    @Test func `an update of another model is refused`() throws {
        let small = try UpdateArchive(
            UpdateArchive.encode(.example(parameterCount: 3), difference: [1, 2, 3]), maximumParameters: 3)
        let updates = try contributions() + [WeightedUpdate(index: 9, update: small, weight: 1)]
        #expect(
            throws: AggregationFailure.parameterCount(index: 9, found: 3, expected: previous.count)
        ) { try merge(updates) }
    }

    @Test func `no contributions, a doubled unit and impossible weights are refused`() throws {
        let updates = try contributions()
        #expect(throws: AggregationFailure.noContributions) { try merge([]) }
        #expect(throws: AggregationFailure.doubledUnit(index: 2)) { try merge(updates + [updates[2]]) }
        for weight in [0, -1, .infinity] {
            var update = updates[1]
            update.weight = weight
            #expect(throws: AggregationFailure.weight(index: 1, weight)) { try merge([updates[0], update]) }
        }
        #expect(throws: AggregationFailure.self) { try merge(updates, rate: 0) }
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity, .greatestFiniteMagnitude])
    func `a result that is not finite is refused`(value: Float) throws {
        var difference = differences[0]
        difference[300_000] = value
        let update = try UpdateArchive(encode(difference), maximumParameters: previous.count)
        #expect(throws: AggregationFailure.notFinite(parameter: 300_000)) {
            try merge([WeightedUpdate(index: 0, update: update, weight: 1)], rate: 2)
        }
    }

    @Test func `a writer for another model, or one that has begun, is refused`() throws {
        let file = try WeightsFile(FileBytes(path: folder.file("previous")))
        let other = try WeightsWriter(path: folder.file("other"), model: .tiny)
        let begun = try WeightsWriter(path: folder.file("begun"), model: Self.model)
        try begun.append([1])
        let strategy = Strategy(kind: .fedAvg, serverLearningRate: 1)
        let updates = try contributions()
        #expect(throws: AggregationFailure.wrongWriter) {
            try Aggregator(strategy: strategy).merge(
                previous: PreviousVersion(version: 3, weights: file), contributions: updates,
                into: NextVersion(weights: other))
        }
        #expect(throws: AggregationFailure.wrongWriter) {
            try Aggregator(strategy: strategy).merge(
                previous: PreviousVersion(version: 3, weights: file), contributions: updates,
                into: NextVersion(weights: begun))
        }
    }

    @Test(arguments: [(96, 0, 96.0), (96, 3, 48), (96, 1, 67.882_250_993_908_56)])
    func `a stale contribution counts less`(tokens: Int, staleness: Int, weight: Double) {
        #expect(contributionWeight(tokens: tokens, staleness: staleness) == weight)
    }

    private func contributions() throws -> [WeightedUpdate] {
        try differences.indices.map { index in
            let update = try UpdateArchive(encode(differences[index]), maximumParameters: previous.count)
            return WeightedUpdate(index: index, update: update, weight: weights[index])
        }
    }

    private func encode(_ difference: [Float]) throws -> [UInt8] {
        try UpdateArchive.encode(.example(parameterCount: difference.count), difference: difference)
    }

    private func merge(_ contributions: [WeightedUpdate], rate: Double = 1) throws -> [Float] {
        let writer = try WeightsWriter(path: folder.file("merged"), model: Self.model)
        let previous = try WeightsFile(FileBytes(path: folder.file("previous")))
        _ = try Aggregator(strategy: Strategy(kind: .fedAvg, serverLearningRate: rate)).merge(
            previous: PreviousVersion(version: 3, weights: previous), contributions: contributions,
            into: NextVersion(weights: writer))
        _ = try writer.finish()
        return try WeightsFile(FileBytes(path: folder.file("merged"))).all()
    }

    private func write(_ weights: [Float], to name: String) throws {
        let writer = try WeightsWriter(path: folder.file(name), model: Self.model)
        try writer.append(weights)
        _ = try writer.finish()
    }
}
