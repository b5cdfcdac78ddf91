import WorkUnits

/// An event that the rules do not allow. It changed nothing; the description says what to do instead.
public enum Refused: Error, Hashable, Sendable {
    case unknownHost(HostID)
    /// The run has as many hosts as it takes.
    case tooManyHosts(maximum: Int)
    /// A host or account that may not do this, or not any more.
    case membership(MembershipRefusal)
    /// Never issued, or ended longer ago than outcomes are remembered.
    case unknownAssignment(AssignmentID)
    /// A submission for an assignment of another host.
    case notYourAssignment(AssignmentID)
    /// The lease ended long before the submission came, or its host took other work since.
    case expired(AssignmentID, deadline: Timestamp)
    /// The assignment already has another submission.
    case conflictingSubmission(AssignmentID, recorded: Digest)
    /// A submission that was taken for one sent again, and is the first.
    case unanswered(AssignmentID)
    /// A judgement that nobody waits for, or that decides nothing.
    case unexpectedJudgement(AssignmentID)
    /// A merge other than the one that is due.
    case unexpectedVersion(Int)
    /// A draw that no answer waits for.
    case unexpectedDraw
    /// A unit that the coordinator was not to train, or not so far.
    case unexpectedReplay(unit: Int)
    /// A host whose answers were wrong too often.
    case convicted(HostID, times: Int)
    case timeRanBackwards(from: Timestamp, to: Timestamp)
}

extension Refused: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unknownHost(let host): "host \(host.short) is not registered: register it first"
        case .tooManyHosts(let maximum): "this run takes no more than \(maximum) hosts"
        case .membership(let refusal): refusal.description
        case .unknownAssignment(let id):
            "assignment \(id) is unknown: it was never given out or ended long ago; ask for new work"
        case .notYourAssignment(let id): "assignment \(id) belongs to another host: submit only your own"
        case .expired(let id, _):
            "the lease of assignment \(id) has ended, long ago or because its host asked for other work; ask for new work"
        case .conflictingSubmission(let id, let recorded):
            "assignment \(id) was already answered with update \(recorded.short): an answer cannot be replaced"
        case .unanswered(let id): "assignment \(id) has no answer yet: send it again"
        case .unexpectedJudgement(let id): "no judgement of assignment \(id) is due"
        case .unexpectedVersion(let version): "version \(version) is not the one that is due"
        case .unexpectedDraw: "no answer waits for this draw"
        case .unexpectedReplay(let unit): "unit \(unit) was not to be trained again like that"
        case .convicted(let host, let times):
            "host \(host.short) gave \(times) answers that training does not give, and gets no more work: see the ledger's "
                + "convictions, and test this computer's memory"
        case .timeRanBackwards(let from, let to): "time \(to.milliseconds) is before \(from.milliseconds)"
        }
    }
}
