import WorkUnits

extension Verdict {
    /// Whether it says what an update is by itself; the others are for the rules.
    var isOfOneUpdate: Bool {
        switch self {
        case .accepted, .rejected: true
        case .uncounted, .inconclusive: false
        }
    }
}

/// What comes back, and whether it counts.
extension TrainingRun {
    /// The reply to a submission that was received before; nil for a new one.
    func standingReply(to submission: Submission, at time: Timestamp) throws(Refused) -> [Effect]? {
        let id = submission.assignment
        if let replica = replica(id) {
            guard replica.host == submission.host else { throw .notYourAssignment(id) }
            guard let earlier = replica.submission else {
                guard time < replica.end else { throw .expired(id, deadline: replica.deadline) }
                return nil
            }
            try requireSame(earlier.body.update, submission)
            return replica.isSound ? [.answer(id, reply(.inconclusive))] : []
        }
        guard let outcome = outcomes[id] else { throw .unknownAssignment(id) }
        guard outcome.host == submission.host else { throw .notYourAssignment(id) }
        switch outcome.end {
        case .expired(let deadline): throw .expired(id, deadline: deadline)
        case .answered(let earlier, let reply):
            try requireSame(earlier, submission)
            return [.answer(id, reply)]
        }
    }

    private func requireSame(_ recorded: Digest, _ later: Submission) throws(Refused) {
        guard recorded == later.update else { throw .conflictingSubmission(later.assignment, recorded: recorded) }
    }

    func reply(_ verdict: Verdict) -> SubmissionReply {
        SubmissionReply(verdict: verdict, height: height)
    }

    mutating func receive(_ submission: SignedSubmission) -> [Effect] {
        let id = submission.body.assignment
        guard let replica = replica(id) else { preconditionFailure("assignment \(id) is not open") }
        setStage(.judging(submission), of: replica)
        leaseOfHost[replica.host] = nil
        hosts[replica.host]?.answered(
            replica.issue.steps.count, after: time.milliseconds - replica.issued.milliseconds)
        return judging(of: id).map { [.judge($0)] } ?? []
    }

    /// What is answered is late no more, if its unit is still issued like that.
    private mutating func setStage(_ stage: Replica.Stage, of replica: Replica) {
        change(replica.issue.index) { unit in
            unit.change(replica.assignment) {
                $0.stage = stage
                $0.isLate = false
            }
        }
    }

    /// The judgement that an assignment waits for.
    public func judging(of assignment: AssignmentID) -> Judging? {
        guard let replica = replica(assignment), case .judging(let submission) = replica.stage else { return nil }
        return Judging(
            assignment: assignment, issue: replica.issue, unit: submission.body.unit, update: submission.body.update,
            trace: submission.trace, others: comparableAnswers(to: replica.issue.index))
    }

    /// What an answer to this unit is compared with when it is judged.
    public func comparableAnswers(to index: Int) -> [SoundAnswer] {
        policy.quorum > 1 && !policy.isExact ? units[index]?.soundAnswers ?? [] : []
    }

    func isBeingJudged(_ assignment: AssignmentID) -> Bool { judging(of: assignment) != nil }

    mutating func judge(
        _ assignment: AssignmentID, _ verdict: Verdict, content: Digest?, suspicion: Suspicion?
    ) -> [Effect] {
        guard var replica = replica(assignment), let submission = replica.submission,
            let unit = units[replica.issue.index]
        else { preconditionFailure("assignment \(assignment) is not being judged") }
        guard verdict == .accepted else { return [reject(replica, verdict)] }
        replica.suspicion = suspicion
        change(unit.index) { $0.change(assignment) { $0.suspicion = suspicion } }
        let content = content ?? submission.body.update
        if policy.isExact, let audit = unit.audit, audit.answer.issue == replica.issue,
            hosts[replica.host]?.isConfirmed == true,
            isApart(replica.host, from: audit)
        {
            return conclude(audit, by: replica, submission, content: content)
        }
        guard unit.isOpen, canCount(replica.issue), !isNewcomer(replica.host) else {
            return settle(replica, submission, content: content, decided: unit.decision?.content)
        }
        setStage(.sound(submission, content: content), of: replica)
        return tally(unit.index, newest: assignment)
    }

    mutating func reject(_ replica: Replica, _ verdict: Verdict) -> Effect {
        guard let submission = replica.submission else { preconditionFailure("only a submission can be rejected") }
        let reply = reply(verdict)
        close(replica.assignment, as: .answered(update: submission.body.update, reply: reply))
        counts.rejected += 1
        return .answer(replica.assignment, reply)
    }

    /// Whether what a host answers cannot count before others came to the same.
    private func isNewcomer(_ host: HostID) -> Bool {
        policy.audit.share > 0 && hosts[host]?.isConfirmed == false
    }

    /// A sound update that does not count: its unit counts by another, its base is too old, or nothing of its host was audited
    /// yet. It earns credit where one voice is enough, or the quorum said the same.
    private mutating func settle(
        _ replica: Replica, _ submission: SignedSubmission, content: Digest, decided: Digest?
    ) -> [Effect] {
        guard policy.quorum == 1 || decided == content else {
            return [reject(replica, .rejected(reason: "it came too late to be compared with the answers of others"))]
        }
        let isLate = units[replica.issue.index]?.isOpen != true || !canCount(replica.issue)
        let reply = reply(.uncounted(because: isLate ? .late : .newcomer))
        let answer = contribution(replica, submission)
        awaitDraw(of: answer, content: content, by: replica, trace: submission.trace)
        change(replica.issue.index) { $0.remove([replica]) }
        forget(replica, .answered(update: submission.body.update, reply: reply))
        counts.uncounted += 1
        return [.record(.uncounted(answer, submission)), .answer(replica.assignment, reply)]
    }

    func contribution(_ replica: Replica, _ submission: SignedSubmission) -> Contribution {
        Contribution(
            index: replica.issue.index, unit: submission.body.unit, update: submission.body.update, host: replica.host,
            baseVersion: replica.issue.base.version, tokens: replica.issue.steps.count * policy.tokensPerStep)
    }

    /// Decides a unit as soon as enough hosts agree, and starts it again when too many disagree.
    private mutating func tally(_ index: Int, newest: AssignmentID) -> [Effect] {
        guard let unit = units[index], let agreed = unit.agreements.first else { return [] }
        if agreed.count >= policy.quorum { return accept(unit, agreed) }
        let sound = unit.replicas.filter(\.isSound)
        guard sound.count < policy.maximumReplicas else {
            let reason = "\(policy.maximumReplicas) hosts answered and no \(policy.quorum) of them agree"
            return sound.map { reject($0, .rejected(reason: reason)) }
        }
        return [.answer(newest, reply(.inconclusive))]
    }

    /// Turns a unit into a contribution: of the hosts that agree, the first by name makes it.
    ///
    /// - Parameter audited: the newcomer's answer that it confirms.
    mutating func accept(_ unit: OpenUnit, _ agreed: [Replica], auditing audited: Answer? = nil) -> [Effect] {
        let agreed = agreed.sorted { $0.host < $1.host }
        guard let first = agreed.first, let submission = first.submission, let content = first.soundContent else {
            preconditionFailure("an agreement has a submission")
        }
        let contribution = contribution(first, submission)
        height += 1
        unmerged.append(contribution)
        awaitDraw(of: contribution, content: content, by: first, trace: submission.trace, auditing: audited)
        var effects = [Effect.record(.contribution(contribution, submission))]
        for replica in unit.replicas
        where ![nil, content].contains(replica.soundContent) && !unit.isDisputed(replica.assignment) {
            effects.append(reject(replica, .rejected(reason: "\(agreed.count) other hosts agree on another update")))
        }
        change(unit.index) { $0.decide(agreed, by: SoundAnswer(update: submission.body.update, content: content)) }
        for replica in agreed {
            guard let submission = replica.submission else { continue }
            let reply = reply(.accepted)
            forget(replica, .answered(update: submission.body.update, reply: reply))
            counts.accepted += 1
            effects.append(.answer(replica.assignment, reply))
        }
        return effects + closeHeight()
    }
}
