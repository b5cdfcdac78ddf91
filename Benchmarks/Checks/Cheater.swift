import Foundation
import WorkUnits

/// A host that cheats in every way, to see who notices.
enum Cheater {
    /// - Parameters:
    ///   - honest: updates of other hosts from the same version, as they arrived.
    ///   - old: its own honest update of the version before, as it arrived.
    /// - Returns: by kind, each as it arrives; the last is honest.
    static func updates(
        for index: Int, version: Int, beside honest: [[Float]], old: [Float]?, _ federation: TrainedUnits
    ) throws -> [(kind: String, update: [Float])] {
        let steps = federation.steps
        let settings = federation.settings(version: version, seed: UInt64(index))
        let text = federation.text(of: index)
        let parts = [50, 90, 99].map { (percent: $0, steps: max(1, steps * $0 / 100)) }
        let mine = try federation.train(settings, on: text, after: parts.map(\.steps) + [steps])
        let whole = mine[steps] ?? []
        var slow = settings
        slow.schedule.peak /= 2
        slow.schedule.final /= 2
        let random = CounterRandom(seed: UInt64(index), stream: 8)
        let nonsense = text.indices.map { UInt32(random.below(federation.model.vocabulary, UInt64($0))) }
        func trained(_ settings: TrainingSettings, _ text: [UInt32]) throws -> [Float] {
            try federation.train(settings, on: text, after: [steps])[steps] ?? []
        }
        let noise = Self.noise(like: honest[0], random)
        func copy(noise share: Float) -> [Float] { zip(honest[0], noise).map { $0 + share * $1 } }

        var sent: [(String, [Float])] = [
            ("zeros", whole.map { _ in 0 }), ("noise, as long", Self.noise(like: whole, random)),
            ("copied, 10 % noise", copy(noise: 0.1)), ("copied, 30 % noise", copy(noise: 0.3)),
        ]
        sent += parts.map { ("\($0.percent) % of the steps", mine[$0.steps] ?? []) }
        sent += [
            ("other text", try trained(settings, federation.text(of: index + 7))),
            ("half the learning rate", try trained(slow, text)),
            ("random text", try trained(settings, nonsense)), ("sign flipped", whole.map { -$0 }),
            ("8 times as long", whole.map { 8 * $0 }), ("honest, of the same host", whole),
        ]
        let arrived = try sent.map { (kind: $0, update: try federation.sent($1, as: federation.name(index))) }
        return [("copied", honest[0])] + (old.map { [("its own of the version before", $0)] } ?? []) + arrived
    }

    /// Normally distributed numbers, as long together as an update.
    private static func noise(like difference: [Float], _ random: CounterRandom) -> [Float] {
        let numbers = difference.indices.map { index in
            let radius = (-2 * log(1 - random.unit(UInt64(2 * index)))).squareRoot()
            return radius * cos(2 * .pi * random.unit(UInt64(2 * index + 1)))
        }
        func norm(_ values: some Sequence<Double>) -> Double { values.reduce(0) { $0 + $1 * $1 }.squareRoot() }
        let scale = norm(difference.lazy.map(Double.init)) / norm(numbers)
        return numbers.map { Float($0 * scale) }
    }
}
