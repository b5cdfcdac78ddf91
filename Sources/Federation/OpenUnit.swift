import WorkUnits

/// A unit that was issued and has not yet become a contribution.
struct OpenUnit: Codable, Hashable, Sendable {
    let index: Int
    /// What its present replicas train from. A unit without replicas starts again from the newest version.
    var base: CheckpointReference
    /// In the order of issue, each with another host.
    var replicas: [Replica] = []
    /// Hosts that failed this unit, newest last, at most `rememberedFailures`.
    private(set) var failures: [Failure] = []

    static let rememberedFailures = 64

    init(index: Int, base: CheckpointReference) {
        self.index = index
        self.base = base
    }

    /// Replicas whose updates are sound, grouped by update; the first group has the most.
    var agreements: [[Replica]] {
        let sound = replicas.filter { $0.soundUpdate != nil }
        return Dictionary(grouping: sound, by: \.soundUpdate).values.sorted {
            ($0.count, $1[0].assignment) > ($1.count, $0[0].assignment)
        }
    }

    /// Whether the quorum needs one more host: those who agree and those still at work would not suffice.
    func needsReplica(_ policy: RunPolicy) -> Bool {
        guard !replicas.isEmpty else { return true }
        let undecided = replicas.count { $0.soundUpdate == nil }
        return replicas.count < policy.maximumReplicas && (agreements.first?.count ?? 0) + undecided < policy.quorum
    }

    /// A host has one voice in a unit, and one that failed it waits out the lease it had before it may try again.
    func isOpen(to host: HostID, at time: Timestamp) -> Bool {
        !replicas.contains { $0.host == host } && !failures.contains { $0.host == host && $0.until > time }
    }

    func wasFailed(by host: HostID) -> Bool {
        failures.contains { $0.host == host }
    }

    func replica(_ assignment: AssignmentID) -> Replica? {
        replicas.first { $0.assignment == assignment }
    }

    /// Takes out a replica that will not count.
    mutating func fail(_ replica: Replica) {
        replicas.removeAll { $0.assignment == replica.assignment }
        failures.removeAll { $0.host == replica.host }
        failures.append(Failure(host: replica.host, until: replica.deadline))
        if failures.count > Self.rememberedFailures { failures.removeFirst() }
    }

    struct Failure: Codable, Hashable, Sendable {
        let host: HostID
        let until: Timestamp
    }
}

/// One host's share in a unit.
struct Replica: Codable, Hashable, Sendable {
    let assignment: AssignmentID
    let host: HostID
    let deadline: Timestamp
    var stage: Stage

    enum Stage: Codable, Hashable, Sendable {
        case leased
        case judging(SignedSubmission)
        case sound(SignedSubmission)
    }

    var submission: SignedSubmission? {
        switch stage {
        case .leased: nil
        case .judging(let submission), .sound(let submission): submission
        }
    }

    var isLeased: Bool { stage == .leased }

    var soundUpdate: Digest? {
        if case .sound(let submission) = stage { submission.body.update } else { nil }
    }
}
