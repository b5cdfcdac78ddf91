import WorkUnits

/// Who is looked at again, by whom, and what follows.
///
/// An audit is the same unit once more: its host need not know, and cannot say what the first one's training was like
/// without training. Where two differ, the coordinator trains the unit itself until it knows who is right.
extension TrainingRun {
    // MARK: The draw

    /// Answers that wait for their draw.
    public var undrawnAnswers: Int { undrawn.count }

    /// Remembers an answer that is recorded now until its draw.
    ///
    /// - Parameters:
    ///   - audited: the answer that it confirms.
    ///   - isAudit: whether it is recorded as an audit.
    ///   - isConfirmed: whether the coordinator came to the same already.
    mutating func awaitDraw(
        of answer: Contribution, content: Digest, by replica: Replica, trace: TrainingTrace,
        auditing audited: Answer? = nil, isAudit: Bool = false, isConfirmed: Bool = false
    ) {
        // What is unusual and was trained twice is an unusual unit.
        let suspicion = audited == nil ? replica.suspicion : nil
        if suspicion != nil { counts.suspicious += 1 }
        guard policy.audit.share > 0, let convictions = hosts[replica.host]?.convictions,
            let number = hosts[replica.host]?.countAnswer(isAudit: isAudit)
        else { return }
        change(replica.issue.index) { $0.answerers.append(replica.host) }
        undrawn.append(
            Answer(
                contribution: answer, content: content, issue: replica.issue, trace: trace, number: number,
                convictions: convictions, answerers: units[replica.issue.index]?.answerers ?? [],
                repeats: audited.map { $0.repeats + [$0.contribution] } ?? [],
                isAudit: isAudit, isSettled: isConfirmed || isAudit && audited?.isAudit == true, suspicion: suspicion))
    }

    /// Opens the audits of answers that were drawn, and of those that are suspicious. The public rule says which must be
    /// audited; nobody is wronged by one more.
    mutating func draw(_ beacons: [Digest]) {
        for (answer, beacon) in zip(undrawn, beacons) {
            guard !answer.isSettled, answer.suspicion != nil || isDrawn(answer, by: beacon) else { continue }
            let audit = OpenAudit(answer: answer, beacon: beacon, opened: time)
            let index = answer.contribution.index
            if units[index] == nil {
                units[index] = OpenUnit(decidedBefore: answer)
            }
            change(index) { $0.audits.append(audit) }
            hosts[answer.host]?.beginAudit()
            auditsDue.append(AuditDue(time: time + patience, unit: index))
        }
        undrawn.removeFirst(beacons.count)
    }

    private func isDrawn(_ answer: Answer, by beacon: Digest) -> Bool {
        policy.audit.draws(update: answer.contribution.update, number: answer.number, beacon: beacon)
    }

    // MARK: The auditors

    /// Whether a host may train this unit, as far as audits are concerned: it was found right before, and belongs neither to the
    /// volunteer nor to the team of a host whose word is audited. So whoever confirms others was confirmed by others, up to those
    /// that the coordinator confirmed itself.
    func mayAudit(_ unit: OpenUnit, _ host: HostID, at time: Timestamp) -> Bool {
        guard let audit = unit.audit else { return true }
        // What is near enough to a public answer is made from it without training.
        guard policy.isExact else { return false }
        guard let known = hosts[host], known.isConfirmed, isApart(host, from: audit), !unit.answerers.contains(host)
        else { return false }
        let share = audit.eligibleShare(at: time, patience: policy.auditPatience, active: leaseOfHost.count)
        return audit.answer.issue.steps.count <= 2 * policy.steps(for: known)
            && policy.audit.permits(auditor: host, beacon: audit.beacon, share: share)
    }

    /// How long an audit waits for a host; where none may audit, no longer than for the coordinator's next look.
    private var patience: Seconds { policy.isExact ? policy.auditPatience : Seconds(1) }

    func isApart(_ host: HostID, from audit: OpenAudit) -> Bool {
        audit.hosts.allSatisfy { !areTogether(host, $0) }
    }

    /// Whether a host is at a unit for an audit.
    func isAuditor(_ host: HostID) -> Bool {
        guard let replica = leaseOfHost[host].flatMap(replica) else { return false }
        return units[replica.issue.index]?.audit?.answer.issue == replica.issue
    }

    /// Compares a sound answer to the unit of an audit.
    mutating func conclude(
        _ audit: OpenAudit, by replica: Replica, _ submission: SignedSubmission, content: Digest
    ) -> [Effect] {
        let answer = audit.answer
        let index = answer.contribution.index
        guard content == answer.content, submission.trace == answer.trace else {
            change(index) { unit in
                unit.audits[0].stage = .replaying(auditor: replica.assignment)
                unit.change(replica.assignment) {
                    $0.stage = .sound(submission, content: content)
                    $0.isLate = false
                }
            }
            return [.answer(replica.assignment, reply(.inconclusive))] + (replay(of: index).map { [.replay($0)] } ?? [])
        }
        change(index) { $0.audits.removeFirst() }
        guard units[index]?.isOpen == true, canCount(replica.issue) else {
            awaitDraw(
                of: contribution(replica, submission), content: content, by: replica, trace: submission.trace,
                auditing: answer, isAudit: true)
            return [confirm(answer, by: submission)] + credit(replica, submission)
        }
        // What a newcomer answered counts now, by who confirmed it.
        change(index) { unit in
            unit.change(replica.assignment) { $0.stage = .sound(submission, content: content) }
        }
        guard let unit = units[index], let agreed = unit.replica(replica.assignment) else { return [] }
        return accept(unit, [agreed], auditing: answer) + [confirm(answer, by: nil)]
    }

    private mutating func confirm(_ answer: Answer, by submission: SignedSubmission?) -> Effect {
        history.confirm(answer.contribution, unmerged: unmerged)
        hosts[answer.host]?.endAudit()
        // Of what it gave before a conviction nobody learns what it does since.
        if hosts[answer.host]?.convictions == answer.convictions { trust(answer.host) }
        return .record(.audited(answer.contribution, by: submission))
    }

    /// A host was found right.
    private mutating func trust(_ host: HostID) {
        guard hosts[host]?.isConfirmed == false else { return }
        hosts[host]?.confirm()
        confirmedHosts += 1
    }

    /// The answer to an auditor that was right.
    private mutating func credit(_ replica: Replica, _ submission: SignedSubmission) -> [Effect] {
        let reply = reply(.uncounted(because: .audit))
        change(replica.issue.index) { $0.remove([replica]) }
        forget(replica, .answered(update: submission.body.update, reply: reply))
        counts.audited += 1
        return [.answer(replica.assignment, reply)]
    }

    // MARK: The coordinator's own word

    /// The unit that the coordinator trains because nobody may audit yet: one at a time, until the first host is confirmed.
    var unitToBeginWith: Int? {
        guard confirmedHosts == 0, !auditsDue.isEmpty else { return nil }
        let audited = units.values.filter { !$0.audits.isEmpty }
        guard audited.allSatisfy({ $0.audit != nil }) else { return nil }
        return audited.filter(\.isAbandoned).map(\.index).min()
    }

    /// Gives the audits to the coordinator whose patience is over, and that no host is at.
    mutating func endAudits() -> [Effect] {
        var effects: [Effect] = []
        if let first = unitToBeginWith { effects += takeOver(first) }
        while let next = auditsDue.first, next.time <= time {
            auditsDue.removeFirst()
            guard let unit = units[next.unit], !unit.audits.isEmpty else { continue }
            guard unit.audit != nil, unit.isAbandoned || !policy.isExact else {
                auditsDue.append(AuditDue(time: time + patience, unit: next.unit))
                continue
            }
            effects += takeOver(next.unit)
        }
        return effects
    }

    /// Once all contributions are in, the last version waits for audits, and they wait for nobody's patience: the coordinator is
    /// always at one of those that no host is at.
    mutating func hastenLastAudits() -> [Effect] {
        guard height == policy.lastHeight, let next = vacant.first, units.values.allSatisfy({ !$0.isReplayed }) else {
            return []
        }
        return takeOver(next)
    }

    private mutating func takeOver(_ index: Int) -> [Effect] {
        change(index) { $0.audits[0].stage = .replaying(auditor: nil) }
        return replay(of: index).map { [.replay($0)] } ?? []
    }

    /// What the coordinator has to train for the audit of a unit; nil when that is not its turn.
    public func replay(of index: Int) -> Replay? {
        guard let audit = units[index]?.audits.first, case .replaying = audit.stage else { return nil }
        let steps = audit.answer.issue.steps.count
        guard policy.isExact else {
            return Replay(issue: audit.answer.issue, steps: steps, claimed: audit.answer.sound)
        }
        let other = audit.auditor.flatMap(replica)?.submission?.trace
        let part = other.flatMap { audit.answer.trace.firstDifference(from: $0, steps: steps) }
        return Replay(issue: audit.answer.issue, steps: part?.upperBound ?? steps)
    }

    mutating func settle(_ index: Int, _ replayed: Replayed) -> [Effect] {
        guard let audit = units[index]?.audits.first else { preconditionFailure("unit \(index) is audited") }
        let answer = audit.answer
        let auditor = audit.auditor.flatMap(replica)
        change(index) { $0.audits.removeFirst() }
        var effects: [Effect] = []
        if confirms(replayed, answer) {
            effects.append(confirm(answer, by: nil))
        } else {
            // Whoever it confirmed said the same.
            for wrong in [answer.contribution] + answer.repeats.reversed() {
                effects += convict(wrong, claimed: answer.trace, replayed)
            }
            hosts[answer.host]?.endAudit()
        }
        guard let auditor, let submission = auditor.submission, let content = auditor.soundContent else {
            return effects
        }
        guard !replayed.confirms(content, submission.trace) else {
            // What it found out to be another's mistake is an answer of its own, and confirmed by now.
            trust(auditor.host)
            let answer = contribution(auditor, submission)
            awaitDraw(of: answer, content: content, by: auditor, trace: submission.trace, isConfirmed: true)
            effects += [.record(.uncounted(answer, submission)), .record(.audited(answer, by: nil))]
            return effects + credit(auditor, submission)
        }
        effects += convict(contribution(auditor, submission), claimed: submission.trace, replayed)
        return effects + [reject(auditor, .rejected(reason: "the unit was trained again, with another result"))]
    }

    /// Traces of machines that round differently have nothing in common.
    private func confirms(_ replayed: Replayed, _ answer: Answer) -> Bool {
        policy.isExact
            ? replayed.confirms(answer.content, answer.trace) : replayed.content == answer.content
    }

    /// - Parameter contribution: what the host answered, whether or not it counted.
    private mutating func convict(
        _ contribution: Contribution, claimed: TrainingTrace, _ replayed: Replayed
    ) -> [Effect] {
        let host = contribution.host
        if hosts[host]?.isConfirmed == true { confirmedHosts -= 1 }
        hosts[host]?.convict()
        let struck = history.open(of: host, convictedOf: contribution.index, unmerged: unmerged)
        history.strike(struck)
        counts.convicted += 1
        return [
            .record(
                .convicted(
                    Conviction(
                        host: host, index: contribution.index, unit: contribution.unit, update: contribution.update,
                        claimed: claimed, recomputed: replayed.trace, recomputedContent: replayed.content,
                        struck: struck)))
        ]
    }
}

/// When the coordinator takes over an audit.
struct AuditDue: Codable, Hashable, Sendable {
    let time: Timestamp
    let unit: Int
}

extension Replayed {
    /// Whether it is what was asked for: so many steps, and the update if these are all.
    func answers(_ replay: Replay) -> Bool {
        let steps = replay.issue.steps.count
        let digests = (1...replay.steps).count { TrainingTrace.isDue(after: $0, of: steps) }
        return trace.weights.count == digests && (content != nil) == (replay.steps == steps)
    }

    /// Whether an answer is the same, as far as was trained.
    fileprivate func confirms(_ content: Digest, _ claimed: TrainingTrace) -> Bool {
        claimed.weights.starts(with: trace.weights) && (self.content == nil || self.content == content)
    }
}
