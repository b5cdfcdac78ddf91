import Aggregation
import TestSupport
import Testing
import WorkUnits

/// Each outer optimizer against its formula, written plainly for one parameter in float64.
@Suite struct StrategyTests {
    static let strategies = [
        Strategy(kind: .fedAvg, serverLearningRate: 0.7),
        Strategy(kind: .fedAvgM, serverLearningRate: 0.5, momentum: 0.8),
        Strategy(kind: .nesterov, serverLearningRate: 0.5, momentum: 0.8),
        Strategy(kind: .diLoCo),
        Strategy(kind: .diLoCo, momentum: 0.3, momentumWarmup: 4),
        Strategy(kind: .fedAdagrad, serverLearningRate: 0.03, beta1: 0.3),
        Strategy(kind: .fedAdam, serverLearningRate: 0.02),
        Strategy(kind: .fedYogi, serverLearningRate: 0.02, epsilon: 1e-2),
    ]

    let merging: Merging

    init() throws {
        merging = try Merging()
    }

    @Test func `every kind is tested`() {
        #expect(Set(Self.strategies.map(\.kind)) == Set(Strategy.Kind.allCases))
    }

    @Test(arguments: strategies)
    func `five versions follow the formula`(strategy: Strategy) throws {
        var random = SplitMix64(seed: 3)
        var version = merging.initial
        var plain = PlainOptimizer(strategy, weights: version.weights.map(Double.init))
        for _ in 0..<5 {
            let differences = (0..<3).map { _ in random.floats(merging.parameters, scale: 1e-2) }
            let weights = [96.0, 48, 67.9]
            version = try merging.merge(merging.updates(differences, weights: weights), into: version, by: strategy)
                .version
            plain.step(mean(differences.map { $0.map(Double.init) }, weights: weights))
            // Weights and moments are rounded to float32 at each version, the plain ones never.
            let furthest = zip(version.weights, plain.weights).map { abs(Double($0) - $1) }.max() ?? .nan
            #expect(furthest < 2e-6, "version \(version.number)")
        }
        #expect(Set(version.state.keys) == strategy.stateParts)
        #expect(norm(difference(plain.weights, merging.initial.weights.map(Double.init))) > 0.1)
    }

    @Test func `no two kinds make the same versions`() throws {
        let updates = try merging.updates([Array(repeating: 0.01, count: merging.parameters)])
        var results: [[Float]] = []
        for kind in Strategy.Kind.allCases {
            let strategy = Strategy(
                kind: kind, serverLearningRate: 0.5, momentum: 0.9, beta1: 0.5, beta2: 0.9, epsilon: 1e-3)
            var version = merging.initial
            for _ in 0..<3 { version = try merging.merge(updates, into: version, by: strategy).version }
            results.append(version.weights)
        }
        #expect(Set(results).count == Strategy.Kind.allCases.count)
    }

    @Test func `the realized gain of constant updates grows to what momentum promises`() throws {
        let updates = try merging.updates([Array(repeating: 0.01, count: merging.parameters)])
        let strategy = Strategy(kind: .diLoCo, serverLearningRate: 0.8, momentum: 0.9, momentumWarmup: 0)
        var version = merging.initial
        var gains: [Double] = []
        for step in 0..<80 {
            let (next, report) = try merging.merge(updates, into: version, by: strategy)
            version = next
            gains.append(try #require(report.realizedGain))
            if step > 0 { #expect(abs(try #require(report.momentumCosine) - 1) < 1e-6) }
            #expect((report.advice != nil) == (gains[step] > MergeReport.highGain))
        }
        // η for the first, whose buffer is empty; η (1 + μ / (1 - μ)) in the end.
        #expect(abs(gains[0] - 0.8) < 1e-6)
        #expect(abs(gains[79] - 8) < 1e-2)
        #expect(gains == gains.sorted())
    }

    @Test func `short local runs get less momentum from DiLoCo, and from no other`() {
        let momenta = [16, 64, 128, 250, 500].map { Strategy(kind: .diLoCo, localSteps: $0).momentum }
        let expected = [0.7 * 0.5.squareRoot(), 0.7, 0.7 * 2.0.squareRoot().squareRoot(), 0.9, 0.9]
        #expect(zip(momenta, expected).allSatisfy { abs($0 - $1) < 1e-12 })
        #expect(Strategy(kind: .nesterov, localSteps: 16).momentum == 0.9)
        #expect(Strategy(kind: .diLoCo, momentum: 0.9, localSteps: 16).momentum == 0.9)
        #expect(Strategy(kind: .diLoCo, momentum: 0.9, localSteps: 16).momentumWarmup == 9)
        #expect(Strategy(kind: .nesterov).momentumWarmup == 0)
    }

    @Test func `the average of versions follows them`() throws {
        let strategy = Strategy(kind: .fedAvg, averaging: 0.8)
        var version = merging.initial
        var average = version.weights.map(Double.init)
        var random = SplitMix64(seed: 4)
        for number in 1...60 {
            let updates = try merging.updates([random.floats(merging.parameters, scale: 1e-2)])
            version = try merging.merge(updates, into: version, by: strategy).version
            let decay = min(0.8, Double(1 + number) / Double(10 + number))
            average = zip(average, version.weights).map { decay * $0 + (1 - decay) * Double($1) }
        }
        let written = try #require(version.state[.average]).map(Double.init)
        #expect(norm(difference(written, average)) < 1e-5 * norm(average))
        #expect(norm(difference(written, version.weights.map(Double.init))) > 1e-3 * norm(average))
    }

    // MARK: What is refused

    @Test func `a version that lacks its state, or has another's, is refused`() throws {
        let updates = try merging.updates([Array(repeating: 0.01, count: merging.parameters)])
        let strategy = Strategy(kind: .fedAdam)
        let first = try merging.merge(updates, by: strategy).version
        var broken = first
        broken.state[.secondMoment] = nil
        #expect(throws: AggregationFailure.missingState(.secondMoment, version: 1)) {
            try merging.merge(updates, into: broken, by: strategy)
        }
        #expect(throws: AggregationFailure.unexpectedState(.momentum, version: 1)) {
            try merging.merge(updates, into: first, by: Strategy(kind: .fedAvg))
        }
        broken = first
        broken.number = 0
        #expect(throws: AggregationFailure.unexpectedState(.momentum, version: 0)) {
            try merging.merge(updates, into: broken, by: strategy)
        }
    }

    @Test func `a moment that overflows is refused`() throws {
        let updates = try merging.updates([Array(repeating: 1e25, count: merging.parameters)])
        #expect(throws: AggregationFailure.notFinite(parameter: 0)) {
            try merging.merge(updates, by: Strategy(kind: .fedAdagrad))
        }
    }

    @Test(arguments: [
        (Strategy(kind: .fedAvgM, momentum: 1), "momentum"), (Strategy(kind: .fedAdam, beta1: -0.1), "beta1"),
        (Strategy(kind: .fedYogi, beta2: 1), "beta2"), (Strategy(kind: .fedAdagrad, epsilon: 0), "epsilon"),
        (Strategy(kind: .diLoCo, serverLearningRate: .nan), "serverLearningRate"),
        (Strategy(kind: .fedAvg, averaging: 1), "averaging"),
        (Strategy(kind: .fedAvg, robustness: Robustness(rule: .krum, hostile: 0.5)), "hostile"),
        (Strategy(kind: .fedAvg, robustness: Robustness(rule: .mean, hostile: 1)), "hostile"),
    ])
    func `a parameter out of its range is refused by its name`(strategy: Strategy, name: String) throws {
        let updates = try merging.updates([Array(repeating: 0, count: merging.parameters)])
        let failure = #expect(throws: AggregationFailure.self) { try merging.merge(updates, by: strategy) }
        guard case .strategy(let setting) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(setting.name == name)
    }
}

/// The formulas of the papers, in float64 and without rounding.
private struct PlainOptimizer {
    let strategy: Strategy
    var weights: [Double]
    var first: [Double]
    var second: [Double]
    var steps = 0

    init(_ strategy: Strategy, weights: [Double]) {
        self.strategy = strategy
        self.weights = weights
        first = Array(repeating: 0, count: weights.count)
        second = Array(repeating: strategy.epsilon * strategy.epsilon, count: weights.count)
    }

    mutating func step(_ gradient: [Double]) {
        let (rate, beta1, beta2) = (strategy.serverLearningRate, strategy.beta1, strategy.beta2)
        var mu = strategy.momentum
        if strategy.kind == .diLoCo {
            mu = steps == 0 ? 0 : min(mu, Double(steps) / (Double(steps) + strategy.momentumWarmup))
        }
        for (i, g) in gradient.enumerated() {
            switch strategy.kind {
            case .fedAvg:
                weights[i] += rate * g
            case .fedAvgM:
                first[i] = mu * first[i] + g
                weights[i] += rate * first[i]
            case .nesterov, .diLoCo:
                first[i] = mu * first[i] + g
                weights[i] += rate * (g + mu * first[i])
            case .fedAdagrad, .fedAdam, .fedYogi:
                first[i] = beta1 * first[i] + (1 - beta1) * g
                switch strategy.kind {
                case .fedAdagrad: second[i] += g * g
                case .fedAdam: second[i] = beta2 * second[i] + (1 - beta2) * g * g
                default: second[i] -= (1 - beta2) * g * g * (second[i] - g * g).sign
                }
                weights[i] += rate * first[i] / (second[i].squareRoot() + strategy.epsilon)
            }
        }
        steps += 1
    }
}

extension Double {
    fileprivate var sign: Double { self > 0 ? 1 : self < 0 ? -1 : 0 }
}
