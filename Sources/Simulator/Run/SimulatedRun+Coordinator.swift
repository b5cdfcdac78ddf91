import Federation
import WorkUnits

/// The coordinator's side: all that this simulator knows about the rules.
extension SimulatedRun {
    static let tickInterval = Seconds(30)
    private static let judging = Seconds(0.5)
    private static let merging = Seconds(5)

    /// Whether an answer is still taken.
    func isAwaited(_ lease: Lease) -> Bool { run.isOpen(lease.assignment) }

    /// False when an answer can earn no more than credit, now or later: its base is too old.
    func canCount(_ lease: Lease) -> Bool {
        let policy = run.policy
        return lease.unit.base.version >= run.height / policy.mergeEvery - policy.maximumStaleness
    }

    /// A host's word. Signatures are checked before the rules are asked, so here one is as good as another.
    func submission(of lease: Lease, _ made: MadeUpdate, host: HostID) -> SignedSubmission {
        guard let project = hosts.first?.traits.name, let signature = Signature(String(repeating: "0", count: 128))
        else {
            preconditionFailure("64 bytes can be a signature")
        }
        let body = Submission(
            project: project, assignment: lease.assignment, host: host, unit: made.unit, update: made.update)
        return SignedSubmission(body, signature: signature, trace: made.trace)
    }

    /// Lets an event happen to the run, checks it, and does what follows.
    mutating func receive(_ event: TrainingRun.Event, from host: Int?) throws {
        let before = run.revision
        var effects: [TrainingRun.Effect]
        do {
            effects = try run.apply(event, at: now)
            effects += try write(effects)
        } catch let error as Refused {
            guard let host else { throw SimulationFailure("the run refused its own \(event): \(error)") }
            return send(.reply(host: host, .refused(error)), host: host)
        }
        // What changed nothing was checked before.
        if run.revision != before {
            try run.checkInvariants()
            tally.checks += 1
        }
        if let host, case .joined = event { send(.reply(host: host, .registered), host: host) }
        for effect in effects { try act(on: effect, for: host) }
    }

    /// Writes what the ledger learns, and lets it draw.
    private mutating func write(_ effects: [TrainingRun.Effect]) throws -> [TrainingRun.Effect] {
        var beacons: [Digest] = []
        for case .record(let record) in effects {
            trust.learn(record) { numberOfHost[$0] }
            if let beacon = try ledger?.append(record, at: now) { beacons.append(beacon) }
        }
        return beacons.isEmpty ? [] : try run.apply(.drawn(beacons: beacons), at: now)
    }

    private mutating func act(on effect: TrainingRun.Effect, for host: Int?) throws {
        switch effect {
        case .assign(let lease):
            guard let host else { return }
            hostOfAssignment[lease.assignment] = host
            send(.reply(host: host, .work(effect)), host: host)
        case .wait, .finished:
            if let host { send(.reply(host: host, .work(effect)), host: host) }
        case .answer(let assignment, let reply):
            // Who asks again is answered again.
            if let host = host ?? hostOfAssignment[assignment] {
                send(.reply(host: host, .submission(assignment, reply)), host: host)
            }
            if reply.verdict != .inconclusive { hostOfAssignment[assignment] = nil }
            if case .rejected = reply.verdict { trust.refuse(assignment) }
        case .judge(let judging): queue.add(.judged(judging), at: now + Self.judging)
        case .merge(let merge): queue.add(.merged(merge), at: now + Self.merging)
        case .replay(let replay):
            let training = 60 * settings.unitMinutes * Double(replay.steps) / Double(unitSteps)
            queue.add(.replayed(replay), at: now + Seconds(training))
        case .record: break
        }
    }

    mutating func finish(_ replay: Replay) throws {
        // By now it may be due no more, or done.
        guard run.replay(of: replay.issue.index) == replay else { return }
        trust.replayed(replay)
        try receive(.replayed(unit: replay.issue.index, try work.replay(replay)), from: nil)
    }

    mutating func finish(_ judging: Judging) throws {
        let isHostile = hostOfAssignment[judging.assignment].map { hosts[$0].traits.isHostile } ?? false
        let judgement = try work.judge(judging, isHostile: isHostile)
        // While it was judged, others can have ended it.
        if run.judging(of: judging.assignment) != nil {
            try receive(
                .judged(judging.assignment, judgement.verdict, content: judgement.content), from: nil)
        }
    }

    mutating func finish(_ begun: Merge) throws {
        // Convictions since then change it, and audits may hold up the last one again.
        guard let merge = run.dueMerge, merge.version == begun.version else { return }
        let made = try work.merge(merge)
        try receive(.merged(made.reference, manifest: made.reference.weights), from: nil)
        work.forget(allBut: run.basesInUse)
        tally.mergedTokens += merge.contributions.reduce(0) { $0 + $1.tokens }
        tally.lastVersion = now.milliseconds
        stepBytes[made.reference.version] = made.stepBytes
        let behind = merge.contributions.reduce(0) { $0 + merge.previous.version - $1.baseVersion }
        let hostile = merge.contributions.count { contribution in
            numberOfHost[contribution.host].map { hosts[$0].traits.isHostile } ?? false
        }
        try report(
            VersionRecord(
                version: made.reference.version, height: run.height, tokens: tally.mergedTokens,
                hours: seconds / 3600, bytesUp: tally.bytesUp, bytesDown: tally.bytesDown,
                staleness: Double(behind) / Double(merge.contributions.count), hostile: hostile,
                issued: run.counts.issued, accepted: run.counts.accepted, uncounted: run.counts.uncounted,
                rejected: run.counts.rejected, expired: run.counts.expired, late: run.counts.late,
                measured: made.measured))
    }
}
