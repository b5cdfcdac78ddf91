import WorkUnits

/// A unit that was issued, and whom it is with.
///
/// It is open until it becomes a contribution. After that it stays for the replicas that still may be answered: their work
/// earns credit.
struct OpenUnit: Codable, Hashable, Sendable {
    /// As it was issued last.
    var issue: IssuedUnit
    /// In the order of issue, each with another host.
    var replicas: [Replica] = []
    /// The answer that made it a contribution.
    private(set) var decision: SoundAnswer?
    /// Hosts that failed this unit, newest last, at most `rememberedFailures`.
    private(set) var failures: [Failure] = []
    /// Hosts whose answers to it are recorded. None of them audits it: it could repeat itself, and its two answers would be one.
    var answerers: [HostID] = []
    /// Answers to it that are to be trained again, one after the other.
    var audits: [OpenAudit] = []

    static let rememberedFailures = 64

    init(_ issue: IssuedUnit) {
        self.issue = issue
    }

    /// A unit that counts already, of which an answer is to be trained again.
    init(decidedBefore answer: Answer) {
        issue = answer.issue
        decision = answer.sound
        answerers = answer.answerers
    }

    var index: Int { issue.index }
    var isOpen: Bool { decision == nil }
    /// Whether anything may still come of it.
    var isNeeded: Bool { isOpen || !replicas.isEmpty || !audits.isEmpty }

    /// The audit that waits for a host.
    var audit: OpenAudit? {
        guard let audit = audits.first, audit.stage == .waiting else { return nil }
        return audit
    }

    /// Whether the coordinator trains it again.
    var isReplayed: Bool { audits.first.map { $0.stage != .waiting } ?? false }

    /// What was found sound so far, oldest first.
    var soundAnswers: [SoundAnswer] {
        (decision.map { [$0] } ?? []) + replicas.compactMap(\.soundAnswer)
    }

    /// The unit as the next host gets it, unless it starts again.
    var offer: IssuedUnit { audit?.answer.issue ?? issue }

    /// Replicas whose updates are sound, grouped by what these say; the first group has the most.
    var agreements: [[Replica]] {
        let sound = replicas.filter { $0.isSound && !isDisputed($0.assignment) }
        guard !sound.isEmpty else { return [] }
        return Dictionary(grouping: sound, by: \.soundContent).values.sorted {
            ($0.count, $1[0].assignment) > ($1.count, $0[0].assignment)
        }
    }

    /// Replicas that can still make the unit a contribution as it was issued last, or answer its audit: not late, not from
    /// an older base.
    private var timely: [Replica] { replicas.filter { isTimely($0) } }

    /// Whether nobody is at it in time.
    var isAbandoned: Bool { !replicas.contains { isTimely($0) } }

    private func isTimely(_ replica: Replica) -> Bool {
        !replica.isLate && replica.issue == offer && audit?.hosts.contains(replica.host) != true
            && !isDisputed(replica.assignment)
    }

    /// Whether the unit must be given to one more host: those who agree and those still at work would not suffice.
    func needsReplica(_ policy: RunPolicy) -> Bool {
        guard isOpen, audit == nil else { return audit != nil && isAbandoned }
        let undecided = replicas.count { !$0.isSound && isTimely($0) }
        guard undecided < policy.quorum else { return false }
        let timely = timely
        let agreeing =
            Dictionary(grouping: timely.compactMap(\.soundContent), by: \.self).values.map(\.count).max() ?? 0
        return timely.count < policy.maximumReplicas && agreeing + undecided < policy.quorum
    }

    /// A host has one voice in a unit, and one that failed it waits out the lease it had before it may try again.
    func isFree(for host: HostID, at time: Timestamp) -> Bool {
        !replicas.contains { $0.host == host } && !failures.contains { $0.host == host && $0.until > time }
    }

    func wasFailed(by host: HostID) -> Bool {
        failures.contains { $0.host == host }
    }

    /// Whether this answer is another than the one it should confirm, and it is not yet known which of them is wrong.
    func isDisputed(_ assignment: AssignmentID) -> Bool { audits.first?.auditor == assignment }

    func replica(_ assignment: AssignmentID) -> Replica? {
        replicas.first { $0.assignment == assignment }
    }

    mutating func change(_ assignment: AssignmentID, _ body: (inout Replica) -> Void) {
        guard let place = replicas.firstIndex(where: { $0.assignment == assignment }) else {
            preconditionFailure("assignment \(assignment) is not of unit \(index)")
        }
        body(&replicas[place])
    }

    /// Takes out a replica that will not count.
    mutating func fail(_ replica: Replica) {
        replicas.removeAll { $0.assignment == replica.assignment }
        failures.removeAll { $0.host == replica.host }
        failures.append(Failure(host: replica.host, until: replica.deadline))
        if failures.count > Self.rememberedFailures { failures.removeFirst() }
    }

    /// Becomes a contribution by the update of these replicas, which are answered.
    mutating func decide(_ agreed: [Replica], by answer: SoundAnswer) {
        decision = answer
        remove(agreed)
    }

    mutating func remove(_ answered: [Replica]) {
        replicas.removeAll { replica in answered.contains { $0.assignment == replica.assignment } }
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
    /// The unit as this host has it.
    let issue: IssuedUnit
    let issued: Timestamp
    /// The host was told to answer before this.
    var deadline: Timestamp
    /// From here on no answer is taken.
    let end: Timestamp
    /// The unit may be issued again: the deadline passed. The answer is still taken.
    var isLate = false
    var stage = Stage.leased
    /// What its judge found strange.
    var suspicion: Suspicion?

    enum Stage: Codable, Hashable, Sendable {
        case leased
        // Indirect: units are copied all the time, and most replicas have no submission.
        indirect case judging(SignedSubmission)
        /// - Parameter content: what the update says, whatever zlib wrote it: see `Judgement`.
        indirect case sound(SignedSubmission, content: Digest)
    }

    var submission: SignedSubmission? {
        switch stage {
        case .leased: nil
        case .judging(let submission), .sound(let submission, _): submission
        }
    }

    var isLeased: Bool { if case .leased = stage { true } else { false } }

    var isSound: Bool { if case .sound = stage { true } else { false } }

    var soundContent: Digest? { soundAnswer?.content }

    var soundAnswer: SoundAnswer? {
        switch stage {
        case .leased, .judging: nil
        case .sound(let submission, let content): SoundAnswer(update: submission.body.update, content: content)
        }
    }
}
