import LanguageModel
import Verification
import WorkUnits

/// Measures updates as a coordinator does, and counts what was suspicious about them.
struct CheckTrials {
    private let test: LossTest
    private let meter: LossMeter
    private var cohort = Cohort()
    private var other: [LossTest.Passage] = []
    private var otherBefore = 0.0
    private var weights: [Float] = []
    /// In the order of the first trial.
    private var kinds: [String] = []
    private var findings: [String: [Finding?]] = [:]

    static let reasons = ["likeness", "length", "direction", "otherText", "ownText"]

    /// What the checks see of an update, and what they find.
    struct Measured {
        let change: LossChange
        /// Times the median of the version before and this one.
        let length: Double
        /// The greatest agreement with an update of another unit.
        let likeness: Double
        /// The median agreement with those of the same base.
        let agreement: Double
        let finding: Finding?
    }

    /// - Parameter share: that the loss test may take of a unit.
    init(_ federation: TrainedUnits, share: Double) throws {
        guard let test = LossTest(federation.settings(version: 0, seed: 0), share: share) else {
            throw BenchmarkFailure("units of so few tokens afford no loss test: give them more steps")
        }
        self.test = test
        meter = LossMeter(test, model: federation.model)
    }

    /// Begins with a version's units.
    mutating func begin(_ version: Int, _ federation: TrainedUnits) {
        weights = federation.weights
        let random = CounterRandom(seed: UInt64(version), stream: 0x4F54)
        other = (0..<test.count).flatMap { index in
            let text = federation.text(of: random.below(1 << 30, UInt64(index)))
            return test.passages(of: text, random: CounterRandom(seed: random[UInt64(1000 + index)], stream: 0)).prefix(
                1)
        }
        meter.load { Array(weights[$0]) }
        otherBefore = meter.loss(on: other)
    }

    /// Looks at an update, and knows it from then on.
    mutating func take(_ update: [Float], of index: Int, version: Int, _ federation: TrainedUnits) -> Measured {
        let measured = look(at: update, of: index, version: version, federation, as: "honest")
        remember(update, of: index, version: version, federation)
        return measured
    }

    mutating func remember(_ update: [Float], of index: Int, version: Int, _ federation: TrainedUnits) {
        _ = cohort.take(member(update, of: index, version: version, federation))
    }

    /// - Parameter kind: in the table.
    mutating func look(
        at update: [Float], of index: Int, version: Int, _ federation: TrainedUnits, as kind: String
    ) -> Measured {
        let member = member(update, of: index, version: version, federation)
        let finding = cohort.finding(on: member)
        if findings[kind] == nil { kinds.append(kind) }
        findings[kind, default: []].append(finding)
        let ofBase = cohort.members.filter { $0.base == member.base }
        let recent = cohort.members.suffix(64).map(\.relativeLength).sorted()
        return Measured(
            change: member.change ?? LossChange(own: .nan, other: .nan),
            length: recent.isEmpty ? .nan : member.relativeLength / recent[recent.count / 2],
            likeness: cohort.members.map { $0.sketch.agreement(with: member.sketch) }.max() ?? .nan,
            agreement: ofBase.isEmpty ? .nan : ofBase.map { $0.sketch.agreement(with: member.sketch) }.median,
            finding: finding)
    }

    private func member(_ update: [Float], of index: Int, version: Int, _ federation: TrainedUnits) -> Cohort.Member {
        var sketching = UpdateSketching(parameters: update.count, seed: 11)
        sketching.add(update, at: 0)
        let own = test.passages(of: federation.text(of: index), random: CounterRandom(seed: UInt64(index), stream: 1))
        meter.load { Array(weights[$0]) }
        let ownBefore = meter.loss(on: own)
        meter.add { Array(update[$0]) }
        let change = LossChange(own: meter.loss(on: own) - ownBefore, other: meter.loss(on: other) - otherBefore)
        return Cohort.Member(
            federation.unit(index, version: version), named: federation.name(index), sketch: sketching.finish(),
            change: change)
    }

    static func reason(_ suspicion: Suspicion) -> String {
        switch suspicion {
        case .likeness: "likeness"
        case .length: "length"
        case .direction: "direction"
        case .otherText: "otherText"
        case .ownText: "ownText"
        }
    }

    /// For each kind, how many of its updates were suspicious, and by what.
    var table: MarkdownTable {
        MarkdownTable(
            title: "What is suspicious",
            caption: "Updates of each kind, how many of them are suspicious, and by which check first.",
            header: ["update", "suspicious"] + Self.reasons,
            rows: kinds.map { kind in
                let all = findings[kind] ?? []
                let found = all.compactMap { $0 }.map { Self.reason($0.suspicion) }
                let by = Self.reasons.map { reason in found.count { $0 == reason } }
                return [kind, "\(found.count) of \(all.count)"] + by.map { $0 == 0 ? "" : "\($0)" }
            })
    }
}
