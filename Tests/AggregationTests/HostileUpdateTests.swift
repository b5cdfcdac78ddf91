import Aggregation
import TestSupport
import Testing
import WorkUnits

/// What hostile updates among honest ones do to the result: bounded with the robust rules, not with the mean.
@Suite struct HostileUpdateTests {
    enum Attack: CaseIterable {
        case thousandfold, flipped, constant, noise

        func update(_ honest: [Float], _ random: inout SplitMix64) -> [Float] {
            switch self {
            case .thousandfold: honest.map { 1000 * $0 }
            case .flipped: honest.map { -10 * $0 }
            case .constant: honest.map { _ in 1 }
            case .noise: random.floats(honest.count)
            }
        }
    }

    let merging: Merging
    let honest: [[Float]]

    init() throws {
        merging = try Merging()
        var random = SplitMix64(seed: 6)
        // One direction that all agree on, and noise of their own.
        let common = random.floats(merging.parameters, scale: 1e-2)
        let count = merging.parameters
        honest = (0..<9).map { _ in zip(common, random.floats(count, scale: 1e-2)).map { $0 + $1 } }
    }

    /// Two of eleven.
    private func combined(under attack: Attack, by robustness: Robustness) throws -> [Double] {
        var random = SplitMix64(seed: 7)
        let hostile = [attack.update(honest[0], &random), attack.update(honest[1], &random)]
        // Hostile ones among the others, not behind them.
        let all = Array(honest.prefix(4)) + hostile + honest.dropFirst(4)
        return try merging.combined(merging.updates(all), by: robustness)
    }

    private var clean: [Double] { mean(honest.map { $0.map(Double.init) }) }

    /// How far the furthest honest update is from the mean of the honest.
    private var spread: Double {
        honest.map { norm(difference($0.map(Double.init), clean)) }.max() ?? .nan
    }

    @Test(arguments: Robustness.Rule.allCases.filter { $0 != .mean }, Attack.allCases)
    func `a robust rule stays among the honest updates`(rule: Robustness.Rule, attack: Attack) throws {
        let robust = try combined(under: attack, by: Robustness(rule: rule, hostile: 0.18))
        #expect(norm(difference(robust, clean)) <= 1.05 * spread)
    }

    @Test(arguments: [(Attack.thousandfold, 100.0), (.flipped, 1.5), (.constant, 10), (.noise, 5)])
    func `the plain mean is led away`(attack: Attack, times: Double) throws {
        let moved = try combined(under: attack, by: Robustness())
        #expect(norm(difference(moved, clean)) > times * spread)
    }

    @Test(arguments: Attack.allCases)
    func `with clipping two updates of eleven move the mean by two shares`(attack: Attack) throws {
        let clipped = try combined(under: attack, by: Robustness(clip: .medianNorm))
        let longest = honest.map { norm($0.map(Double.init)) }.max() ?? .nan
        // Each hostile one is no longer than an honest one, and takes the place of its share of the honest mean.
        #expect(norm(difference(clipped, clean)) <= 2 / 11.0 * (longest + norm(clean)) + 0.1 * norm(clean))
    }

    @Test(arguments: [Robustness.Rule.median, .trimmedMean, .bulyan], Attack.allCases)
    func `a rule by rank gives every parameter a value between honest ones`(
        rule: Robustness.Rule, attack: Attack
    ) throws {
        let robust = try combined(under: attack, by: Robustness(rule: rule, hostile: 2))
        for (parameter, value) in robust.enumerated() {
            let values = honest.map { Double($0[parameter]) }
            guard let least = values.min(), let most = values.max(), (least - 1e-9...most + 1e-9).contains(value) else {
                Issue.record("parameter \(parameter) is \(value)")
                return
            }
        }
    }

    @Test func `a majority of hostile updates defeats every rule`() throws {
        let attack = Array(repeating: honest[0].map { _ in Float(1) }, count: 6)
        let updates = try merging.updates(Array(honest.prefix(5)) + attack)
        for rule in [Robustness.Rule.geometricMedian, .median, .krum] {
            let led = try merging.combined(updates, by: Robustness(rule: rule, hostile: 2))
            #expect(norm(difference(led, clean)) > 10 * spread, "\(rule)")
        }
    }
}
