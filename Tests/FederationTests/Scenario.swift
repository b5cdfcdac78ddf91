import Federation
import Testing
import WorkUnits

/// A run, a clock in seconds, and hosts by number: host 0 is the first by name. Checks the invariants after every event.
struct Scenario {
    var run: TrainingRun
    var seconds = 0.0

    static let lease = 100.0
    static let patience = 1000.0

    static func policy(
        mergeEvery: Int = 2, lastVersion: Int = 10, quorum: Int = 1, maximumReplicas: Int = 5,
        maximumStaleness: Int = 0, unitSteps: Int = 8, leastUnitSteps: Int? = nil, rememberedOutcomes: Int = 50
    ) -> RunPolicy {
        RunPolicy(
            mergeEvery: mergeEvery, lastVersion: lastVersion, quorum: quorum, maximumReplicas: maximumReplicas,
            maximumStaleness: maximumStaleness, lease: Seconds(lease), patience: Seconds(patience),
            unitSteps: unitSteps,
            leastUnitSteps: leastUnitSteps, unitTime: Seconds(40), tokensPerStep: 125, maximumUpdateBytes: 1 << 20,
            maximumHosts: 100, rememberedOutcomes: rememberedOutcomes)
    }

    /// A run with registered hosts.
    init(_ policy: RunPolicy = Self.policy(), hosts: Int = 4) throws {
        run = try TrainingRun(policy: policy, base: Self.version(0), at: Timestamp(milliseconds: 0))
        for host in 0..<hosts { try apply(.joined(Joining(host: Self.host(host)))) }
    }

    @discardableResult
    mutating func apply(_ event: TrainingRun.Event) throws -> [TrainingRun.Effect] {
        let before = run
        do {
            let effects = try run.apply(event, at: Timestamp(milliseconds: 0) + Seconds(seconds))
            try run.checkInvariants()
            return effects
        } catch let refused as Refused {
            #expect(run == before, "a refused event changed the run")
            throw refused
        }
    }

    // MARK: What hosts do

    /// - Returns: nil when told to wait or that the run is finished.
    mutating func request(_ host: Int) throws -> Lease? {
        for case .assign(let lease) in try apply(.workRequested(Self.host(host))) { return lease }
        return nil
    }

    func lease(of host: Int) throws -> Lease {
        try #require(run.lease(of: Self.host(host)))
    }

    /// Answers an assignment with the update of this name.
    @discardableResult
    mutating func submit(_ lease: Lease, update: String = "good", host: Int? = nil) throws -> [TrainingRun.Effect] {
        try apply(.submitted(Self.submission(lease, update: update, host: host.map(Self.host))))
    }

    /// Submits and judges.
    ///
    /// - Parameter parting: the digest of the trace from which on the training is another; nil for the honest one.
    @discardableResult
    mutating func answer(
        _ lease: Lease, update: String = "good", verdict: Verdict = .accepted, parting: Int? = nil
    ) throws -> [TrainingRun.Effect] {
        try apply(.submitted(Self.submission(lease, update: update, parting: parting)))
        return try apply(.judged(lease.assignment, verdict))
    }

    /// One host does units until a merge is due, and the merge.
    mutating func completeVersion(by host: Int = 0) throws {
        while run.dueMerge == nil { try answer(try #require(try request(host))) }
        try merge()
    }

    @discardableResult
    mutating func merge() throws -> [TrainingRun.Effect] {
        try apply(.merged(Self.version(run.version + 1), manifest: Digest(of: "manifest".utf8)))
    }

    // MARK: What the coordinator does

    /// Draws all answers that wait, as if the ledger had gone on.
    mutating func draw() throws {
        let beacons = (0..<run.undrawnAnswers).map { Digest(of: "entry \(run.revision) \($0)".utf8) }
        if !beacons.isEmpty { try apply(.drawn(beacons: beacons)) }
    }

    /// What the coordinator has to train.
    var replaysDue: [Replay] { run.outstanding.replays }

    /// Lets time pass.
    mutating func pass(_ time: Double) throws -> [TrainingRun.Effect] {
        seconds += time
        return try apply(.timePassed)
    }

    /// The first hosts answer a unit each, and the coordinator confirms them.
    mutating func gainTrust(hosts: Int) throws {
        for lease in try (0..<hosts).map({ try #require(try request($0)) }) { try answer(lease) }
        try draw()
        for _ in 0..<hosts {
            _ = try pass(60)
            for due in replaysDue { #expect(try replay(due).audited.count == 1) }
        }
    }

    /// What an honest training gives.
    @discardableResult
    mutating func replay(_ replay: Replay) throws -> [TrainingRun.Effect] {
        let steps = replay.issue.steps.count
        let digests = (1...replay.steps).count { TrainingTrace.isDue(after: $0, of: steps) }
        let replayed = Replayed(
            trace: TrainingTrace(Array(Self.trace(replay.issue).weights.prefix(digests))),
            content: replay.steps == steps ? Digest(of: "good update of \(Self.unit(replay.issue))".utf8) : nil)
        return try apply(.replayed(unit: replay.issue.index, replayed))
    }

    // MARK: Made-up things

    private static let hosts = (0..<32).compactMap { number in
        SigningKey(seed: Array(repeating: UInt8(number + 1), count: 32))?.verifyingKey
    }.sorted()

    static func host(_ number: Int) -> HostID { hosts[number] }

    static func version(_ number: Int) -> CheckpointReference {
        CheckpointReference(version: number, weights: Digest(of: "weights \(number)".utf8), bytes: 4000)
    }

    static func unit(_ lease: Lease) -> Digest { unit(lease.unit) }

    static func unit(_ issue: IssuedUnit) -> Digest {
        Digest(of: "steps \(issue.steps) of unit \(issue.index) from \(issue.base.version)".utf8)
    }

    static func trace(_ issue: IssuedUnit, parting: Int? = nil) -> TrainingTrace {
        let count = TrainingTrace.count(steps: issue.steps.count)
        return TrainingTrace(
            (0..<count).map { place in
                Digest(of: "weights \(place) of \(issue)\(place >= parting ?? count ? ", false" : "")".utf8)
            })
    }

    static func submission(
        _ lease: Lease, update: String = "good", host: HostID? = nil, parting: Int? = nil
    ) -> SignedSubmission {
        let body = Submission(
            project: Self.host(31), assignment: lease.assignment, host: host ?? lease.host, unit: unit(lease),
            update: Digest(of: "\(update) update of \(unit(lease))".utf8))
        return SignedSubmission(body, signature: signature, trace: trace(lease.unit, parting: parting))
    }

    /// The rules never look at it.
    private static let signature = SigningKey().sign([], context: "test")
}

extension [TrainingRun.Effect] {
    var replies: [AssignmentID: SubmissionReply] {
        var replies: [AssignmentID: SubmissionReply] = [:]
        for case .answer(let assignment, let reply) in self { replies[assignment] = reply }
        return replies
    }

    var verdicts: [Verdict] { replies.sorted { $0.key < $1.key }.map(\.value.verdict) }

    var merges: [Merge] {
        compactMap { if case .merge(let merge) = $0 { merge } else { nil } }
    }

    var uncounted: [Contribution] {
        compactMap { if case .record(.uncounted(let contribution, _)) = $0 { contribution } else { nil } }
    }

    /// Units whose answers were confirmed.
    var audited: [Int] {
        compactMap { if case .record(.audited(let contribution, _)) = $0 { contribution.index } else { nil } }
    }

    var convictions: [Conviction] {
        compactMap { if case .record(.convicted(let conviction)) = $0 { conviction } else { nil } }
    }

    var replays: [Replay] {
        compactMap { if case .replay(let replay) = $0 { replay } else { nil } }
    }

    var contributions: [Contribution] {
        compactMap { if case .record(.contribution(let contribution, _)) = $0 { contribution } else { nil } }
    }
}

extension Verdict {
    var isRejected: Bool { if case .rejected = self { true } else { false } }
}
