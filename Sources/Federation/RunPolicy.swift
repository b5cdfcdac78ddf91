import WorkUnits

/// The numbers that a run's rules depend on. Fixed for the whole run.
public struct RunPolicy: Codable, Hashable, Sendable {
    /// Contributions in a merge (M).
    public var mergeEvery: Int
    /// The version that ends the run.
    public var lastVersion: Int
    /// Hosts that must agree on a unit's update (k).
    public var quorum: Int
    /// How far apart two answers may be that say the same, ‖u − u′‖ / ‖u′‖. Nil: they are the same bytes.
    public var tolerance: Double?
    /// Sound but disagreeing updates of one unit after which all of them are rejected.
    public var maximumReplicas: Int
    /// Merges that may lie between a contribution's base and the version it is added to (s).
    public var maximumStaleness: Int
    /// How long a host may keep a unit before others may have it too, at most.
    public var lease: Seconds
    /// How long after its deadline an answer is still taken.
    public var patience: Seconds
    /// When to ask again after "no work now".
    public var retry: Seconds
    /// The most local steps of a unit: those of a shard.
    public var unitSteps: Int
    /// The fewest. A unit has so many, or twice as many, and so on.
    public var leastUnitSteps: Int
    /// What a unit of more than the fewest steps may take its host.
    public var unitTime: Seconds
    /// Tokens of a local step: its unit's contribution weighs so many for each.
    public var tokensPerStep: Int
    /// The largest update archive taken from a host.
    public var maximumUpdateBytes: Int
    /// Hosts that may register.
    public var maximumHosts: Int
    /// Which answers are trained again by others.
    public var audit: AuditRule
    /// How long an audit waits for a host before the coordinator trains the unit itself.
    public var auditPatience: Seconds
    /// Convictions after which a host gets no more work.
    public var maximumConvictions: Int
    /// Ended assignments whose outcome is remembered, for a host that asks again.
    public var rememberedOutcomes: Int

    public init(
        mergeEvery: Int, lastVersion: Int, quorum: Int = 1, tolerance: Double? = nil, maximumReplicas: Int = 5,
        maximumStaleness: Int = 0, lease: Seconds, patience: Seconds = Seconds(7 * 86_400), retry: Seconds = Seconds(5),
        unitSteps: Int,
        leastUnitSteps: Int? = nil, unitTime: Seconds = Seconds(1200), tokensPerStep: Int, maximumUpdateBytes: Int,
        maximumHosts: Int = 1_000_000, audit: AuditRule = AuditRule(share: 0), auditPatience: Seconds = Seconds(600),
        maximumConvictions: Int = 3, rememberedOutcomes: Int = 4096
    ) {
        self.mergeEvery = mergeEvery
        self.lastVersion = lastVersion
        self.quorum = quorum
        self.tolerance = tolerance
        self.maximumReplicas = maximumReplicas
        self.maximumStaleness = maximumStaleness
        self.lease = lease
        self.patience = patience
        self.retry = retry
        self.unitSteps = unitSteps
        self.leastUnitSteps = leastUnitSteps ?? unitSteps
        self.unitTime = unitTime
        self.tokensPerStep = tokensPerStep
        self.maximumUpdateBytes = maximumUpdateBytes
        self.maximumHosts = maximumHosts
        self.audit = audit
        self.auditPatience = auditPatience
        self.maximumConvictions = maximumConvictions
        self.rememberedOutcomes = rememberedOutcomes
    }

    /// Whether honest answers to a unit have the same bytes, so that hosts can audit each other.
    var isExact: Bool { tolerance == nil }

    /// Refuses rules that no run could follow.
    public func validate() throws(InvalidSetting) {
        try require("mergeEvery", mergeEvery, in: 1...1_000_000)
        try require("lastVersion", lastVersion, in: 1...1_000_000)
        try require("quorum", quorum, in: 1...100)
        guard tolerance.map({ $0 > 0 && $0 < 1 }) ?? true else {
            throw InvalidSetting(name: "tolerance", reason: "\(tolerance ?? 0) is not between 0 and 1")
        }
        try require("maximumReplicas", maximumReplicas, in: quorum...1000)
        try require("maximumStaleness", maximumStaleness, in: 0...1000)
        try require("lease", Int(clamping: lease.milliseconds), in: 1...(1 << 50))
        try require("retry", Int(clamping: retry.milliseconds), in: 1...(1 << 50))
        try require("patience", Int(clamping: patience.milliseconds), in: 0...(1 << 50))
        try require("unitSteps", unitSteps, in: 1...1_000_000)
        try require("leastUnitSteps", leastUnitSteps, in: 1...unitSteps)
        guard unitSteps.isMultiple(of: leastUnitSteps) else {
            throw InvalidSetting(
                name: "leastUnitSteps",
                reason: "\(leastUnitSteps) does not divide \(unitSteps), the steps of a shard, which units are cut from"
            )
        }
        try require("unitTime", Int(clamping: unitTime.milliseconds), in: 1...(1 << 50))
        try require("tokensPerStep", tokensPerStep, in: 1...(1 << 30))
        try require("maximumUpdateBytes", maximumUpdateBytes, in: 1...(1 << 50))
        try require("maximumHosts", maximumHosts, in: 1...100_000_000)
        try audit.validate()
        guard audit.share == 0 || quorum == 1 else {
            throw InvalidSetting(
                name: "audit.share",
                reason: "with a quorum of \(quorum) every answer is compared already: leave it at 0")
        }
        try require("auditPatience", Int(clamping: auditPatience.milliseconds), in: 1...(1 << 50))
        try require("maximumConvictions", maximumConvictions, in: 1...1_000_000)
        try require("rememberedOutcomes", rememberedOutcomes, in: 0...10_000_000)
    }

    private func require(_ name: String, _ value: Int, in range: ClosedRange<Int>) throws(InvalidSetting) {
        guard range.contains(value) else {
            throw InvalidSetting(
                name: name, reason: "\(value) is not between \(range.lowerBound) and \(range.upperBound)")
        }
    }

    /// No lease of a host whose pace is known is shorter, unless `lease` is.
    static let shortestLease = 120.0

    /// Contributions of the whole run.
    public var lastHeight: Int { lastVersion * mergeEvery }
}
