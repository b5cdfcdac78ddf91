import WorkUnits

/// The rules of a training run, as a value: who gets which unit, when it expires, what counts, when a version is made.
///
/// Deterministic: no clock, no disk, no randomness. The same events at the same times give the same run and effects on
/// every machine, so a crash is recovered by applying the journal again, and a simulator can run years in seconds.
///
/// With M = `mergeEvery` and s = `maximumStaleness`, four sentences hold everything together:
///
/// - The contribution that raises the height from n to n + 1 belongs to the merge that makes version ⌊n / M⌋ + 1. Its
///   staleness is ⌊n / M⌋ − its base's version, known the moment it is accepted.
/// - A unit is issued only while height + open units < M · (version + 1 + s): if all of them come back, all can count.
/// - A unit that nobody is at in time, from a base that can still count, goes to the next host that asks.
/// - An answer is taken whenever it comes: the first that can count makes the contribution, any other earns credit.
///
/// So a height waits for nobody longer than a lease. A host's lease and the steps of its units follow its measured pace.
/// The last version alone waits for more: until every audit has an answer, so that no convicted host's work is in it.
///
/// Memory: open units (at most M · (1 + s)), contributions not yet merged, a bounded number of remembered outcomes, and for
/// each host one line and at most one unit that it holds.
public struct TrainingRun: Codable, Hashable, Sendable {
    public let policy: RunPolicy
    /// Events that changed this run: the next one's index in the journal.
    public private(set) var revision = 0
    /// The time of the last event that changed this run.
    public private(set) var time: Timestamp
    /// The newest version.
    public internal(set) var base: CheckpointReference
    /// Contributions accepted so far.
    public internal(set) var height: Int
    public internal(set) var counts = Counts()

    var hosts = HostTable()
    /// Hosts of which an audit has found an answer right, since they began or were convicted.
    var confirmedHosts = 0
    /// What is to be known of accounts, to tell which hosts may take part.
    var members = Membership()
    /// By index.
    var units: [Int: OpenUnit] = [:]
    /// The next new unit's index.
    var nextIndex: Int
    /// The unit of every replica.
    var unitOfAssignment: [AssignmentID: Int] = [:]
    /// The one lease of every host that has one.
    var leaseOfHost: [HostID: AssignmentID] = [:]
    /// Open units that need a host, ascending.
    var vacant: [Int] = []
    /// What units are cut from.
    var data: StepPool
    /// When leases become late, and when late ones are forgotten.
    var due = DueTimes()
    /// Accepted, in the order of acceptance, and not yet part of a version.
    public internal(set) var unmerged: [Contribution] = []
    var outcomes = RecentOutcomes()
    /// Answers whose draw waits for the digest of the entry that records them, in the order of their records.
    var undrawn: [Answer] = []
    /// When the coordinator takes over audits that no host came for, soonest first.
    var auditsDue: [AuditDue] = []
    /// What may have to be merged again.
    var history = MergeHistory()

    /// Assignments, by how they ended. Open ones are in none but the first and the last.
    public struct Counts: Codable, Hashable, Sendable {
        /// The next assignment's id.
        public internal(set) var issued = 0
        public internal(set) var accepted = 0
        /// Sound, but for credit alone.
        public internal(set) var uncounted = 0
        public internal(set) var rejected = 0
        /// Never answered.
        public internal(set) var expired = 0
        /// Sound answers in which something is unusual: audited, where answers are.
        public internal(set) var suspicious = 0
        /// Audits that found an answer right.
        public internal(set) var audited = 0
        /// Answers that turned out to be wrong.
        public internal(set) var convicted = 0
        /// Deadlines that passed without an answer, whatever came later.
        public internal(set) var late = 0
    }

    /// A run that stands at a version and has issued nothing.
    public init(policy: RunPolicy, base: CheckpointReference, at time: Timestamp) throws(InvalidSetting) {
        try policy.validate()
        self.policy = policy
        self.base = base
        self.time = time
        height = base.version * policy.mergeEvery
        nextIndex = height
        data = StepPool(shard: policy.unitSteps, next: height * policy.unitSteps)
    }

    public var version: Int { base.version }
    public var isFinished: Bool { version >= policy.lastVersion }
    public var hostCount: Int { hosts.count }
    public var openAssignments: Int { unitOfAssignment.count }
    /// Units that are no contribution yet.
    public var openUnits: Int { nextIndex - height }

    public func isOpen(_ assignment: AssignmentID) -> Bool { unitOfAssignment[assignment] != nil }

    /// Lets an event happen. One that changes nothing, such as a repeated request, leaves `revision` as it was and need
    /// not be stored.
    ///
    /// - Returns: what to do after the event is stored, in order.
    /// - Throws: `Refused`; then nothing changed.
    public mutating func apply(_ event: Event, at time: Timestamp) throws(Refused) -> [Effect] {
        guard time >= self.time else { throw .timeRanBackwards(from: self.time, to: time) }
        if let standing = try standingEffects(of: event, at: time) { return standing }
        let asked = isMergeDue ? version : nil
        revision += 1
        self.time = time
        endLeases()
        defer { skipDue() }
        var effects = endAudits() + take(event) + hastenLastAudits()
        if isMergeDue, asked != version, let merge = dueMerge { effects.append(.merge(merge)) }
        return effects
    }

    private mutating func take(_ event: Event) -> [Effect] {
        switch event {
        case .joined, .revoked, .keyReplaced, .banned: return change(event)
        case .workRequested(let host): return issue(to: host)
        case .submitted(let submission): return receive(submission)
        case .judged(let assignment, let verdict, let content, let suspicion):
            return judge(assignment, verdict, content: content, suspicion: suspicion)
        case .merged(let reference, let manifest): return publish(reference, manifest: manifest)
        case .drawn(let beacons):
            draw(beacons)
            return endAudits()
        case .replayed(let unit, let replayed): return settle(unit, replayed) + endAudits()
        case .timePassed: return []
        }
    }

    /// Effects of an event that changes nothing; nil for one that does.
    private func standingEffects(of event: Event, at time: Timestamp) throws(Refused) -> [Effect]? {
        switch event {
        case .joined, .revoked, .keyReplaced, .banned: return try changes(event) ? nil : []
        case .workRequested(let host):
            guard let known = hosts[host] else { throw .unknownHost(host) }
            try requireStanding(host)
            guard known.convictions < policy.maximumConvictions else {
                throw .convicted(host, times: known.convictions)
            }
            return isDue(at: time) ? nil : standingOffer(to: host, at: time)
        case .submitted(let submission):
            try requireStanding(submission.body.host)
            return try standingReply(to: submission.body, at: time)
        case .judged(let assignment, let verdict, _, _):
            guard isBeingJudged(assignment), verdict.isOfOneUpdate else { throw .unexpectedJudgement(assignment) }
            return nil
        case .merged(let reference, _):
            guard let due = dueMerge, due.version == reference.version else {
                throw .unexpectedVersion(reference.version)
            }
            return nil
        case .drawn(let beacons):
            guard !beacons.isEmpty, beacons.count <= undrawn.count else { throw .unexpectedDraw }
            return nil
        case .replayed(let unit, let replayed):
            guard let replay = replay(of: unit), replayed.answers(replay) else { throw .unexpectedReplay(unit: unit) }
            return nil
        case .timePassed: return isDue(at: time) ? nil : []
        }
    }

    /// Whether a lease becomes late or is forgotten, or an audit the coordinator's own.
    private func isDue(at time: Timestamp) -> Bool {
        due.first.map { $0.time <= time } ?? false || auditsDue.first.map { $0.time <= time } ?? false
            || unitToBeginWith != nil
    }

    /// Work that was asked for by effects and is not done: what to begin again after a crash.
    public var outstanding: [Effect] {
        let judgings = unitOfAssignment.keys.sorted().compactMap(judging(of:)).map(Effect.judge)
        let replays = units.keys.sorted().compactMap(replay(of:)).map(Effect.replay)
        return judgings + replays + (dueMerge.map { [Effect.merge($0)] } ?? [])
    }
}
