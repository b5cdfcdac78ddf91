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
    /// Whether it was found right before its draw.
    let isConfirmed: Bool
    /// Why it is audited whatever is drawn.
    let suspicion: Suspicion?

    var host: HostID { contribution.host }
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

    var auditor: AssignmentID? {
        if case .replaying(let auditor) = stage { auditor } else { nil }
    }

    /// The share of all hosts that may do it: some eight of those at work, so that who waits for one audit waits in vain, and all
    /// before long, for they may be gone.
    ///
    /// - Parameter active: hosts that are at work.
    func eligibleShare(at time: Timestamp, patience: Seconds, active: Int) -> Double {
        let waited = Double(time.milliseconds - opened.milliseconds) / Double(max(patience.milliseconds, 1))
        return min(1, 8 / Double(max(active, 1)) + waited * waited * waited)
    }
}
