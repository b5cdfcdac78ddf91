import Aggregation
import TestSupport
import Testing
import WorkUnits

/// The same contributions give the same bits, and no more of them are in memory at a time.
@Suite struct MergeDeterminismTests {
    /// 2 chunks of parameters, the second one not full.
    private static let model = ModelConfiguration(layers: 1, width: 8, heads: 2, vocabulary: 33_000, context: 16)

    /// Every rule and every kind, with all that a strategy can carry.
    static let strategies = zip(
        Robustness.Rule.allCases, [.fedAvg, .fedAvgM, .nesterov, .diLoCo, .fedAdagrad, .fedAdam, .fedYogi]
    ).map { rule, kind in
        Strategy(
            kind: kind, robustness: Robustness(rule: rule, hostile: rule == .mean ? 0 : 1, clip: .medianNorm),
            averaging: 0.9)
    }

    let merging: Merging
    let updates: [WeightedUpdate]

    init() throws {
        let merging = try Merging(Self.model)
        var random = SplitMix64(seed: 10)
        // Few different values: quickly compressed.
        let values = random.floats(1000, scale: 1e-2)
        updates = try (0..<7).map { index in
            let difference = (0..<merging.parameters).map { values[($0 &* (index + 3)) % 1000] * Float(index + 1) }
            return try merging.update(difference, index: index, weight: Double(96 - index))
        }
        self.merging = merging
    }

    @Test(arguments: strategies)
    func `neither arrival nor threads change a bit`(strategy: Strategy) throws {
        let first = try merging.merge(updates, by: strategy).version
        let expected = try merging.merge(updates, into: first, by: strategy)
        var random = SplitMix64(seed: 11)
        for threads in [2, 16] {
            let found = try merging.merge(
                updates.shuffled(using: &random), into: first, by: strategy, threads: threads)
            #expect(found.version.weights == expected.version.weights)
            #expect(found.version.state == expected.version.state)
            #expect(found.version.norms == expected.version.norms)
            #expect(found.report.realizedGain == expected.report.realizedGain)
            #expect(found.report.shares == expected.report.shares)
        }
    }

    @Test func `eight chunks for each thread are held, however many updates there are`() throws {
        let strategy = Strategy(kind: .fedAvg, robustness: Robustness(clip: .medianNorm))
        let many = updates + updates.enumerated().map { $1.again(7 + $0) }
        for some in [many, many + updates.enumerated().map { $1.again(14 + $0) }] {
            #expect(try merging.merge(some, by: strategy).report.mostValuesHeld == 8 * UpdateArchive.chunkValues)
        }
        #expect(
            try merging.merge(many, by: strategy, threads: 2).report.mostValuesHeld <= 16 * UpdateArchive.chunkValues)
    }

    @Test func `rules by rank look at narrower slices when there are more updates`() throws {
        // 66 updates of one chunk each would be more than 16 Mi values.
        let many = (0..<66).map { updates[$0 % 7].again($0) }
        let strategy = Strategy(kind: .fedAvg, robustness: Robustness(rule: .median, hostile: 1))
        let (version, report) = try merging.merge(many, by: strategy)
        // Beside them the chunk that is being read.
        #expect(report.mostValuesHeld <= 1 << 24 + UpdateArchive.chunkValues)
        #expect(report.mostValuesHeld > 1 << 23)
        // 66 = 9 · 7 + 3: the first three stand there once more.
        let values = try (0..<7).map { try updates[$0].archive.values(ofChunk: 1) }
        let sorted = (0..<66).map { values[$0 % 7][0] }.sorted()
        let median = (Double(sorted[32]) + Double(sorted[33])) / 2
        let parameter = UpdateArchive.chunkValues
        #expect(version.weights[parameter] == Float(Double(merging.initial.weights[parameter]) + median))
    }

    @Test func `what goes wrong first is what is told, by any number of threads`() throws {
        var difference = [Float](repeating: 0.01, count: merging.parameters)
        difference[UpdateArchive.chunkValues + 7] = .nan
        difference[5] = .infinity
        let broken = try updates + [merging.update(difference, index: 9)]
        for threads in [1, 2, 8] {
            #expect(throws: AggregationFailure.notFinite(parameter: 5)) {
                try merging.merge(broken, by: Strategy(kind: .fedAvg), threads: threads)
            }
        }
    }
}
