import Training
import WorkUnits

/// What is known of recent updates, and what an update is compared with.
///
/// A value without text or weights, for a coordinator and for simulations alike. Every sound update is taken in, also one that was
/// suspicious: what becomes usual is suspicious no more after a while. An update takes the place of an earlier one of the same
/// unit, so judging twice is harmless, and nobody is like himself.
public struct Cohort: Sendable {
    /// What is remembered of an update.
    public struct Member: Hashable, Sendable {
        /// Digest of the unit's archive.
        public var unit: Digest
        /// Digest of the weights that it was trained from.
        public var base: Digest
        public var steps: Int
        /// What it was trained on.
        let text: Text
        /// L2 norm for each unit of learning rate, so that units of all versions compare.
        public var relativeLength: Double
        public var sketch: UpdateSketch
        /// Nil where the loss was not tested.
        public var change: LossChange?
        /// With others of its base, when it was taken in: the median.
        var agreement: Double?

        public init(_ unit: WorkUnit, named name: Digest, sketch: UpdateSketch, change: LossChange?) {
            self.unit = name
            base = unit.base.weights
            steps = unit.training.steps
            text = Text(shard: unit.shard, tokens: unit.firstToken..<unit.firstToken + unit.tokenCount)
            let schedule = unit.training.schedule
            let rates = (0..<steps).reduce(0) { $0 + schedule.rate(step: $1, firstStep: unit.training.firstStep) }
            relativeLength = rates > 0 ? sketch.norm / rates : 0
            self.sketch = sketch
            self.change = change
        }
    }

    /// Tokens of a shard.
    struct Text: Hashable, Sendable {
        let shard: Digest
        let tokens: Range<Int>

        /// Whether most of this is in the other too.
        func isMostly(in other: Text) -> Bool {
            shard == other.shard && 2 * tokens.clamped(to: other.tokens).count > tokens.count
        }
    }

    /// Oldest first.
    public private(set) var members: [Member] = []

    /// Some 1 KiB each.
    static let most = 1024

    public init() {}

    /// Takes an update in, and says what is suspicious about it beside those before.
    public mutating func take(_ member: Member) -> Finding? {
        var member = member
        members.removeAll { $0.unit == member.unit }
        let finding = finding(on: member)
        member.agreement = agreement(of: member)
        if members.count == Self.most { members.removeFirst() }
        members.append(member)
        return finding
    }
}

/// What is suspicious about an update.
public struct Finding: Hashable, Sendable {
    public var suspicion: Suspicion
    /// Whether it is so far from what training gives that it is no loss where nothing can be audited.
    public var isGross: Bool

    public init(suspicion: Suspicion, isGross: Bool) {
        self.suspicion = suspicion
        self.isGross = isGross
    }
}
