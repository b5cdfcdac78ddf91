import WorkUnits

/// An answer that was taken, until it is known whether it is audited.
struct Answer: Codable, Hashable, Sendable {
    let contribution: Contribution
    /// What the update says.
    let content: Digest
    let issue: IssuedUnit
    /// What the host said of its training.
    let trace: TrainingTrace
    /// Counts the answers of its host.
    let number: Int
    /// Of its host, before this answer was recorded.
    let convictions: Int
    /// Of its unit, so far.
    let answerers: [HostID]
    /// Answers that it confirmed as an audit: they are wrong if it is.
    var repeats: [Contribution] = []
    /// Whether the ledger has it as an audit, so that an audit of it is not drawn again.
    var isAudit = false
    /// Whether it was found right before its draw, or is an audit of an audit: nobody looks at it again.
    var isSettled = false
    /// Why it is audited whatever is drawn.
    let suspicion: Suspicion?

    var host: HostID { contribution.host }
    var sound: SoundAnswer { SoundAnswer(update: contribution.update, content: content) }
}

/// An answer that is to be trained again by a host that has nothing to do with the one it came from.
struct OpenAudit: Codable, Hashable, Sendable {
    let answer: Answer
    /// Drew it, and draws who may do it.
    let beacon: Digest
    /// When it began to wait for a host.
    var opened: Timestamp
    var stage = Stage.waiting

    enum Stage: Codable, Hashable, Sendable {
        /// For a host, or for the one that is at it.
        case waiting
        /// The coordinator trains the unit itself, because no host came in time, or because this one came to another result.
        case replaying(auditor: AssignmentID?)
    }

    /// Whoever gave this answer: nobody who has to do with one of them may look at it again.
    var hosts: [HostID] { answer.repeats.map(\.host) + [answer.host] }

    var auditor: AssignmentID? {
        if case .replaying(let auditor) = stage { auditor } else { nil }
    }

    /// The share of all hosts that may do it: one of those at work, so that hosts that are always asking get no more audits than others,
    /// and all before long, for that one may be gone.
    ///
    /// - Parameter active: hosts that are at work.
    func eligibleShare(at time: Timestamp, patience: Seconds, active: Int) -> Double {
        let waited = Double(time.milliseconds - opened.milliseconds) / Double(max(patience.milliseconds, 1))
        return min(1, 1 / Double(max(active, 1)) + waited * waited * waited)
    }
}
