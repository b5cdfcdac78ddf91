import WorkUnits

/// The rules of a training run, as a value: who gets which unit, when it expires, what counts, when a version is made.
///
/// Deterministic: no clock, no disk, no randomness. The same events at the same times give the same run and effects on
/// every machine, so a crash is recovered by applying the journal again, and a simulator can run years in seconds.
///
/// With M = `mergeEvery` and s = `maximumStaleness`, three sentences hold everything together:
///
/// - The contribution that raises the height from n to n + 1 belongs to the merge that makes version ⌊n / M⌋ + 1. Its
///   staleness is ⌊n / M⌋ − its base's version, known the moment it is accepted.
/// - A unit is issued only while height + open units < M · (version + 1 + s): if all of them come back, all can count.
/// - An open unit whose base can no longer count is taken back and issued again from the newest version.
///
/// Memory: open units (at most M · (1 + s), times replicas), contributions not yet merged, a bounded number of remembered
/// outcomes, and one line for each host.
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

    /// When each host registered.
    var hosts: [HostID: Timestamp] = [:]
    /// By index.
    var units: [Int: OpenUnit] = [:]
    /// The next new unit's index.
    var nextIndex: Int
    /// The unit of every replica.
    var unitOfAssignment: [AssignmentID: Int] = [:]
    /// The one lease of every host that has one.
    var leaseOfHost: [HostID: AssignmentID] = [:]
    /// No lease ends before this.
    var earliestDeadline = Timestamp(milliseconds: .max)
    /// Accepted, in the order of acceptance, and not yet part of a version.
    var unmerged: [Contribution] = []
    /// How the last assignments ended, oldest first.
    var outcomes: [Outcome] = []

    /// Assignments, by how they ended. Open ones are in none of the last four.
    public struct Counts: Codable, Hashable, Sendable {
        /// The next assignment's id.
        public internal(set) var issued = 0
        public internal(set) var accepted = 0
        public internal(set) var rejected = 0
        public internal(set) var expired = 0
        /// Taken back because their base became too old.
        public internal(set) var outdated = 0
    }

    /// A run that stands at a version and has issued nothing.
    public init(policy: RunPolicy, base: CheckpointReference, at time: Timestamp) throws(InvalidSetting) {
        try policy.validate()
        self.policy = policy
        self.base = base
        self.time = time
        height = base.version * policy.mergeEvery
        nextIndex = height
    }

    public var version: Int { base.version }
    public var isFinished: Bool { version >= policy.lastVersion }
    public var hostCount: Int { hosts.count }
    public var openAssignments: Int { unitOfAssignment.count }

    public func isOpen(_ assignment: AssignmentID) -> Bool { unitOfAssignment[assignment] != nil }

    /// Lets an event happen. One that changes nothing, such as a repeated request, leaves `revision` as it was and need
    /// not be stored.
    ///
    /// - Returns: what to do after the event is stored, in order.
    /// - Throws: `Refused`; then nothing changed.
    public mutating func apply(_ event: Event, at time: Timestamp) throws(Refused) -> [Effect] {
        guard time >= self.time else { throw .timeRanBackwards(from: self.time, to: time) }
        if let standing = try standingEffects(of: event, at: time) { return standing }
        revision += 1
        self.time = time
        endLeases()
        switch event {
        case .hostRegistered(let host):
            hosts[host] = time
            return []
        case .workRequested(let host): return issue(to: host)
        case .submitted(let submission): return receive(submission)
        case .judged(let assignment, let verdict): return judge(assignment, verdict)
        case .merged(let reference, let manifest): return publish(reference, manifest: manifest)
        case .timePassed: return []
        }
    }

    /// Effects of an event that changes nothing; nil for one that does.
    private func standingEffects(of event: Event, at time: Timestamp) throws(Refused) -> [Effect]? {
        switch event {
        case .hostRegistered(let host):
            if hosts[host] != nil { return [] }
            guard hosts.count < policy.maximumHosts else { throw .tooManyHosts(maximum: policy.maximumHosts) }
            return nil
        case .workRequested(let host):
            guard hosts[host] != nil else { throw .unknownHost(host) }
            return earliestDeadline <= time ? nil : standingOffer(to: host, at: time)
        case .submitted(let submission): return try standingReply(to: submission.body, at: time)
        case .judged(let assignment, let verdict):
            guard isBeingJudged(assignment), verdict != .inconclusive else { throw .unexpectedJudgement(assignment) }
            return nil
        case .merged(let reference, _):
            guard let due = dueMerge, due.version == reference.version else {
                throw .unexpectedVersion(reference.version)
            }
            return nil
        case .timePassed: return earliestDeadline <= time ? nil : []
        }
    }

    /// Work that was asked for by effects and is not done: what to begin again after a crash.
    public var outstanding: [Effect] {
        let judgings = unitOfAssignment.keys.sorted().compactMap(judging(of:)).map(Effect.judge)
        return judgings + (dueMerge.map { [Effect.merge($0)] } ?? [])
    }
}
