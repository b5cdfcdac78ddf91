import Aggregation
import TestSupport
import Testing
import WorkUnits

/// Each rule against its definition, written plainly over whole vectors in float64.
@Suite struct RobustRuleTests {
    static let robust = Robustness.Rule.allCases.filter { $0 != .mean }

    let merging: Merging
    let differences: [[Float]]
    let weights: [Double]

    init() throws {
        merging = try Merging()
        var random = SplitMix64(seed: 5)
        let count = merging.parameters
        // Some closer to each other than others.
        differences = (0..<13).map { index in random.floats(count, scale: 1e-2 * (1 + Float(index % 5))) }
        weights = (0..<13).map { 96 / Double(1 + $0 % 3).squareRoot() }
    }

    @Test(arguments: Robustness.Rule.allCases)
    func `a rule combines as it is defined`(rule: Robustness.Rule) throws {
        let robustness = Robustness(rule: rule, hostile: rule == .mean ? 0 : 2)
        let combined = try merging.combined(merging.updates(differences, weights: weights), by: robustness)
        let plain = Plain(vectors: differences.map { $0.map(Double.init) }, weights: weights, hostile: 2).combine(rule)
        #expect(norm(difference(combined, plain)) < 1e-6 * norm(plain))
    }

    @Test(arguments: [7, 8, 12])
    func `ranks are right for odd and even numbers`(count: Int) throws {
        let some = Array(differences.prefix(count))
        for rule in [Robustness.Rule.median, .trimmedMean] {
            let combined = try merging.combined(merging.updates(some), by: Robustness(rule: rule, hostile: 3))
            let plain = Plain(vectors: some.map { $0.map(Double.init) }, weights: [], hostile: 3).combine(rule)
            #expect(norm(difference(combined, plain)) < 1e-6 * norm(plain))
        }
    }

    @Test func `the rules differ from each other`() throws {
        let updates = try merging.updates(differences, weights: weights)
        let results = try Robustness.Rule.allCases.map {
            try merging.combined(updates, by: Robustness(rule: $0, hostile: $0 == .mean ? 0 : 2))
        }
        #expect(Set(results).count == Robustness.Rule.allCases.count)
    }

    @Test func `equal updates are what every rule gives`() throws {
        let updates = try merging.updates(Array(repeating: differences[0], count: 11))
        for rule in Robustness.Rule.allCases {
            let combined = try merging.combined(updates, by: Robustness(rule: rule, hostile: rule == .mean ? 0 : 2))
            let expected = differences[0].map(Double.init)
            #expect(norm(difference(combined, expected)) < 1e-6 * norm(expected), "\(rule)")
        }
    }

    @Test func `updates of nothing but zeros are combined to zeros`() throws {
        let updates = try merging.updates(Array(repeating: differences[0].map { _ in 0 }, count: 11))
        for rule in Robustness.Rule.allCases {
            let robustness = Robustness(rule: rule, hostile: rule == .mean ? 0 : 2, clip: .medianNorm)
            let (version, report) = try merging.merge(updates, by: Strategy(kind: .fedAvg, robustness: robustness))
            #expect(version.weights == merging.initial.weights, "\(rule)")
            #expect(report.realizedGain == nil && report.clippedTensors == 0)
        }
    }

    @Test func `who was chosen is told`() throws {
        let updates = try merging.updates(differences, weights: weights)
        func shares(_ rule: Robustness.Rule) throws -> [Double]? {
            let strategy = Strategy(kind: .fedAvg, robustness: Robustness(rule: rule, hostile: 2))
            return try merging.merge(updates, by: strategy).report.shares?.map(\.share)
        }
        #expect(try shares(.krum)?.filter { $0 > 0 } == [1])
        #expect(try shares(.multiKrum)?.filter { $0 > 0 }.count == 13 - 2 - 2)
        #expect(abs(try #require(try shares(.geometricMedian)).reduce(0, +) - 1) < 1e-12)
        #expect(try shares(.median) == nil)
    }

    // MARK: What is refused

    @Test(arguments: zip(robust, [5, 5, 5, 7, 7, 11]))
    func `too few contributions for the promise are refused`(rule: Robustness.Rule, least: Int) throws {
        let robustness = Robustness(rule: rule, hostile: 2)
        let updates = try merging.updates(differences)
        _ = try merging.combined(Array(updates.prefix(least)), by: robustness)
        let failure = #expect(throws: AggregationFailure.self) {
            try merging.combined(Array(updates.prefix(least - 1)), by: robustness)
        }
        #expect("\(try #require(failure))".contains("needs at least \(least): merge more at a time"))
    }

    @Test(arguments: robust)
    func `more than a rule can compare are refused`(rule: Robustness.Rule) {
        let failure = #expect(throws: InvalidSetting.self) {
            try Robustness(rule: rule, hostile: 2).validate(contributions: 1025)
        }
        #expect(failure?.reason.contains("merge fewer at a time") == true)
        #expect(throws: Never.self) { try Robustness(rule: rule, hostile: 2).validate(contributions: 1024) }
    }

    @Test(arguments: [(0.2, 10, 2), (0.1, 30, 3), (0.1, 31, 4), (0.49, 8, 4), (3, 8, 3), (0, 8, 0)])
    func `a share is rounded up, a number is one`(hostile: Double, contributions: Int, count: Int) {
        #expect(Robustness(rule: .median, hostile: hostile).hostile(among: contributions) == count)
    }

    @Test(arguments: robust, [Float.nan, .infinity])
    func `an update that is not finite is refused`(rule: Robustness.Rule, value: Float) throws {
        var broken = differences
        broken[4][700] = value
        let updates = try merging.updates(broken)
        #expect(throws: AggregationFailure.updateNotFinite(index: 4)) {
            try merging.combined(updates, by: Robustness(rule: rule, hostile: 2))
        }
    }
}

/// The definitions of the papers.
private struct Plain {
    let vectors: [[Double]]
    let weights: [Double]
    let hostile: Int

    func combine(_ rule: Robustness.Rule) -> [Double] {
        switch rule {
        case .mean: mean(vectors, weights: weights)
        case .median: columns { $0.count % 2 == 1 ? $0[$0.count / 2] : ($0[$0.count / 2 - 1] + $0[$0.count / 2]) / 2 }
        case .trimmedMean:
            columns { column in
                let kept = column.dropFirst(hostile).dropLast(hostile)
                return kept.reduce(0, +) / Double(kept.count)
            }
        case .geometricMedian: geometricMedian
        case .krum: vectors[krum(Array(vectors.indices))[0]]
        case .multiKrum:
            mean(
                krum(Array(vectors.indices)).prefix(vectors.count - hostile - 2).map { vectors[$0] },
                weights: krum(Array(vectors.indices)).prefix(vectors.count - hostile - 2).map { weights[$0] })
        case .bulyan: bulyan
        }
    }

    private func columns(_ combine: ([Double]) -> Double) -> [Double] {
        vectors[0].indices.map { column in combine(vectors.map { $0[column] }.sorted()) }
    }

    private var geometricMedian: [Double] {
        var point = mean(vectors, weights: weights)
        for _ in 0..<300 {
            let pulls = zip(vectors, weights).map { $1 / max(1e-12, norm(difference($0, point))) }
            point = mean(vectors, weights: pulls)
        }
        return point
    }

    /// Best first.
    private func krum(_ places: [Int]) -> [Int] {
        let scored = places.map { place in
            let distances = places.filter { $0 != place }.map {
                let distance = norm(difference(vectors[place], vectors[$0]))
                return distance * distance
            }
            return (distances.sorted().prefix(max(1, places.count - hostile - 2)).reduce(0, +), place)
        }
        return scored.sorted { $0 < $1 }.map(\.1)
    }

    private var bulyan: [Double] {
        var left = Array(vectors.indices)
        var chosen: [Int] = []
        while chosen.count < vectors.count - 2 * hostile {
            chosen.append(krum(left)[0])
            left.removeAll { $0 == chosen.last }
        }
        return vectors[0].indices.map { column in
            let values = chosen.map { vectors[$0][column] }.sorted()
            let median = (values[(values.count - 1) / 2] + values[values.count / 2]) / 2
            let closest = values.sorted { abs($0 - median) < abs($1 - median) }.prefix(values.count - 2 * hostile)
            return closest.reduce(0, +) / Double(closest.count)
        }
    }
}
