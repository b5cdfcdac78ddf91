import WorkUnits

/// What comes back, and whether it counts.
extension TrainingRun {
    /// The reply to a submission that was received before; nil for a new one.
    func standingReply(to submission: Submission, at time: Timestamp) throws(Refused) -> [Effect]? {
        let id = submission.assignment
        if let replica = unitOfAssignment[id].flatMap({ units[$0]?.replica(id) }) {
            guard replica.host == submission.host else { throw .notYourAssignment(id) }
            guard let earlier = replica.submission else {
                guard time < replica.deadline else { throw .expired(id, deadline: replica.deadline) }
                return nil
            }
            try requireSame(earlier.body.update, submission)
            return replica.soundUpdate == nil ? [] : [.answer(id, reply(.inconclusive))]
        }
        guard let outcome = outcomes.last(where: { $0.assignment == id }) else { throw .unknownAssignment(id) }
        guard outcome.host == submission.host else { throw .notYourAssignment(id) }
        switch outcome.end {
        case .expired(let deadline): throw .expired(id, deadline: deadline)
        case .outdated(let base): throw .outdated(id, base: base)
        case .answered(let earlier, let reply):
            try requireSame(earlier, submission)
            return [.answer(id, reply)]
        }
    }

    private func requireSame(_ recorded: Digest, _ later: Submission) throws(Refused) {
        guard recorded == later.update else { throw .conflictingSubmission(later.assignment, recorded: recorded) }
    }

    private func reply(_ verdict: Verdict) -> SubmissionReply {
        SubmissionReply(verdict: verdict, height: height)
    }

    mutating func receive(_ submission: SignedSubmission) -> [Effect] {
        setStage(.judging(submission), of: submission.body.assignment)
        leaseOfHost[submission.body.host] = nil
        return judging(of: submission.body.assignment).map { [.judge($0)] } ?? []
    }

    private mutating func setStage(_ stage: Replica.Stage, of assignment: AssignmentID) {
        guard let index = unitOfAssignment[assignment],
            let place = units[index]?.replicas.firstIndex(where: { $0.assignment == assignment })
        else { preconditionFailure("assignment \(assignment) is not open") }
        units[index]?.replicas[place].stage = stage
    }

    /// The judgement that an assignment waits for.
    public func judging(of assignment: AssignmentID) -> Judging? {
        guard let unit = unitOfAssignment[assignment].flatMap({ units[$0] }),
            case .judging(let submission) = unit.replica(assignment)?.stage
        else { return nil }
        return Judging(
            assignment: assignment, index: unit.index, base: unit.base, unit: submission.body.unit,
            update: submission.body.update)
    }

    func isBeingJudged(_ assignment: AssignmentID) -> Bool { judging(of: assignment) != nil }

    mutating func judge(_ assignment: AssignmentID, _ verdict: Verdict) -> [Effect] {
        guard let index = unitOfAssignment[assignment], let replica = units[index]?.replica(assignment),
            let submission = replica.submission
        else { preconditionFailure("assignment \(assignment) is not being judged") }
        if verdict == .accepted {
            setStage(.sound(submission), of: assignment)
            return tally(index, newest: assignment)
        }
        return [reject(replica, verdict)]
    }

    private mutating func reject(_ replica: Replica, _ verdict: Verdict) -> Effect {
        guard let submission = replica.submission else { preconditionFailure("only a submission can be rejected") }
        let reply = reply(verdict)
        close(replica.assignment, as: .answered(update: submission.body.update, reply: reply))
        counts.rejected += 1
        return .answer(replica.assignment, reply)
    }

    /// Decides a unit as soon as enough hosts agree, and starts it again when too many disagree.
    private mutating func tally(_ index: Int, newest: AssignmentID) -> [Effect] {
        guard let unit = units[index], let agreed = unit.agreements.first else { return [] }
        if agreed.count >= policy.quorum { return accept(unit, agreed) }
        guard unit.replicas.count(where: { $0.soundUpdate != nil }) < policy.maximumReplicas else {
            let reason = "\(policy.maximumReplicas) hosts answered and no \(policy.quorum) of them agree"
            return unit.replicas.map { reject($0, .rejected(reason: reason)) }
        }
        return [.answer(newest, reply(.inconclusive))]
    }

    /// Turns a unit into a contribution: of the hosts that agree, the first by name makes it.
    private mutating func accept(_ unit: OpenUnit, _ agreed: [Replica]) -> [Effect] {
        let agreed = agreed.sorted { $0.host < $1.host }
        guard let first = agreed.first, let submission = first.submission else {
            preconditionFailure("an agreement has a submission")
        }
        let contribution = Contribution(
            index: unit.index, unit: submission.body.unit, update: submission.body.update, host: first.host,
            baseVersion: unit.base.version, tokens: policy.tokensPerUnit)
        height += 1
        unmerged.append(contribution)
        var effects: [Effect] = [.record(.contribution(contribution, submission))]
        for replica in unit.replicas where replica.soundUpdate != submission.body.update {
            effects.append(reject(replica, .rejected(reason: "\(agreed.count) other hosts agree on another update")))
        }
        units[unit.index] = nil
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
