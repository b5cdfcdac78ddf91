import WorkUnits

extension TrainingRun {
    /// What happens to a run. The journal is the list of those that changed it.
    public enum Event: Codable, Hashable, Sendable {
        /// A host came, or with a later certificate; the signatures were verified. The other three likewise.
        case joined(Joining)
        case revoked(HostID, by: VolunteerID)
        case keyReplaced(VolunteerID, by: VolunteerID, host: HostID)
        /// Or, with false, not any more.
        case banned(VolunteerID, Bool)
        case workRequested(HostID)
        /// The signature was verified, the update's bytes are stored, and the submission names the unit that was leased.
        case submitted(SignedSubmission)
        /// `accepted` or `rejected`: what the update is by itself. Whether others agree is for the rules.
        /// `content` and `suspicion` are the `Judgement`'s; where there is no content, it is the update's own digest.
        case judged(AssignmentID, Verdict, content: Digest? = nil, suspicion: Suspicion? = nil)
        /// The due merge was computed: the new version's weights, and the digest of its signed manifest.
        case merged(CheckpointReference, manifest: Digest)
        /// The digests of the entries that record the oldest answers not drawn yet.
        case drawn(beacons: [Digest])
        /// A unit was trained again by the coordinator, as far as it had to be.
        case replayed(unit: Int, Replayed)
        /// Nothing but time passed.
        case timePassed
    }

    /// What is to be done because of an event, after the event is stored.
    public enum Effect: Hashable, Sendable {
        /// The answer to a work request: a new lease, or the one that the host holds.
        case assign(Lease)
        /// The answer to a work request: nothing to do now.
        case wait(Seconds, reason: String)
        /// The answer to a work request: nothing to do any more.
        case finished
        /// Judge an update; ends with the event `judged`.
        case judge(Judging)
        /// The answer to a submission, for whoever waits for it.
        case answer(AssignmentID, SubmissionReply)
        /// Train a unit again; ends with the event `replayed`.
        case replay(Replay)
        /// Average contributions; ends with the event `merged`.
        case merge(Merge)
        /// Append to the public ledger, in this order, together with the event.
        case record(Record)
    }

    /// What the public ledger learns.
    public enum Record: Hashable, Sendable {
        case contribution(Contribution, SignedSubmission)
        /// Sound, but it earns credit alone: see `Verdict.uncounted`.
        case uncounted(Contribution, SignedSubmission)
        case checkpoint(CheckpointReference, height: Int, manifest: Digest)
        /// An answer was trained again and is right. Without a submission the coordinator did so itself.
        case audited(Contribution, by: SignedSubmission?)
        case convicted(Conviction)
    }
}

/// A unit in the hands of a host.
public struct Lease: Hashable, Sendable {
    public var assignment: AssignmentID
    public var host: HostID
    public var unit: IssuedUnit
    /// After this the unit may go to others as well; an answer is still taken.
    public var deadline: Timestamp
}

/// A judgement that is due.
public struct Judging: Hashable, Sendable {
    public var assignment: AssignmentID
    public var issue: IssuedUnit
    /// What the submission says it answers.
    public var unit: Digest
    public var update: Digest
    public var trace: TrainingTrace
    /// Answers to the same unit that were found sound, oldest first, if one within a tolerance of them says the same. Where there is
    /// no tolerance, none.
    public var others: [SoundAnswer]
}

/// A sound update, and what it says: see `Judgement`.
public struct SoundAnswer: Codable, Hashable, Sendable {
    public var update: Digest
    public var content: Digest
}

/// A submission and its host's signature: small enough to keep, complete enough for the ledger.
public struct SignedSubmission: Codable, Hashable, Sendable {
    public var body: Submission
    public var signature: Signature
    /// What came with it, for the coordinator alone.
    public var trace: TrainingTrace

    public init(_ body: Submission, signature: Signature, trace: TrainingTrace = TrainingTrace()) {
        self.body = body
        self.signature = signature
        self.trace = trace
    }
}

/// A unit to be trained by the coordinator itself.
public struct Replay: Hashable, Sendable {
    public var issue: IssuedUnit
    /// Steps after which what the coordinator wants to know is known.
    public var steps: Int
    /// The answer that one within a tolerance of it says the same as. Nil where there is no tolerance.
    public var claimed: SoundAnswer?

    public init(issue: IssuedUnit, steps: Int, claimed: SoundAnswer? = nil) {
        self.issue = issue
        self.steps = steps
        self.claimed = claimed
    }
}

/// What came of a `Replay`.
public struct Replayed: Codable, Hashable, Sendable {
    public var trace: TrainingTrace
    /// Of the update, as a `Judgement` has it; nil where the unit was not trained to the end.
    public var content: Digest?

    public init(trace: TrainingTrace, content: Digest?) {
        self.trace = trace
        self.content = content
    }
}
