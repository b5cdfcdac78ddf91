import Foundation

/// `POST /work`: a host asks for work, signed by the host.
public struct WorkRequest: Codable, Hashable, Sendable {
    public var project: ProjectID
    public var host: HostID
    public var stamp: RequestStamp

    public static let signingContext = "caravan work request 2"

    public init(project: ProjectID, host: HostID, stamp: RequestStamp) {
        self.project = project
        self.host = host
        self.stamp = stamp
    }
}

/// The answer to a work request.
public enum WorkReply: Codable, Hashable, Sendable {
    /// Signed by the coordinator.
    case assigned(Signed<Assignment>)
    /// No work now: why, and when to ask again.
    case wait(seconds: Seconds, reason: String)
    /// The run has reached its last version.
    case finished

    enum AssignedCodingKeys: String, CodingKey {
        case _0 = "assignment"
    }
}

/// A unit leased to a host until a deadline, signed by the coordinator.
///
/// A host that asks for work while it holds an assignment gets that same assignment again.
public struct Assignment: Codable, Hashable, Sendable {
    public var id: AssignmentID
    public var project: ProjectID
    public var host: HostID
    /// Digest and size of the work-unit archive.
    public var unit: Digest
    public var unitBytes: Int
    public var base: CheckpointReference
    public var deadline: Timestamp
    /// The largest update archive that the coordinator takes.
    public var maximumUpdateBytes: Int

    public static let signingContext = "caravan assignment 1"

    public init(
        id: AssignmentID, project: ProjectID, host: HostID, unit: Digest, unitBytes: Int, base: CheckpointReference,
        deadline: Timestamp, maximumUpdateBytes: Int
    ) {
        self.id = id
        self.project = project
        self.host = host
        self.unit = unit
        self.unitBytes = unitBytes
        self.base = base
        self.deadline = deadline
        self.maximumUpdateBytes = maximumUpdateBytes
    }
}

/// `POST /uploads`: announces the update archive that the host is about to send, signed by the host.
///
/// The answer is an `UploadState`; announcing the same again continues where it stopped.
public struct UploadAnnouncement: Codable, Hashable, Sendable {
    public var project: ProjectID
    public var assignment: AssignmentID
    public var host: HostID
    public var update: Digest
    public var bytes: Int
    public var stamp: RequestStamp

    public static let signingContext = "caravan upload 2"

    public init(
        project: ProjectID, assignment: AssignmentID, host: HostID, update: Digest, bytes: Int, stamp: RequestStamp
    ) {
        self.project = project
        self.assignment = assignment
        self.host = host
        self.update = update
        self.bytes = bytes
        self.stamp = stamp
    }
}

/// Where an upload stands: the answer to `POST /uploads` and to `PATCH /uploads/{ticket}`; `HEAD` tells it in headers.
public struct UploadState: Codable, Hashable, Sendable {
    /// Names the upload and permits to continue it: 64 digits that only the announcing host learns.
    public var ticket: Digest
    /// Bytes that the coordinator has, durably.
    public var offset: Int
    public var length: Int

    public init(ticket: Digest, offset: Int, length: Int) {
        self.ticket = ticket
        self.offset = offset
        self.length = length
    }

    public var isComplete: Bool { offset == length }
}

/// The body of `POST /submissions`: a submission, and with it the update archive where that is small enough to need no
/// upload of its own.
///
/// JSON of the signed submission with more members: `update`, the archive in Base64, left out for one that was uploaded;
/// `asksForWork`, left out for false; `trace`, where the training went, which nobody but the coordinator is told, left out for
/// an answer that was submitted before.
public struct Delivery: Codable, Hashable, Sendable {
    public var submission: Signed<Submission>
    public var update: [UInt8]?
    /// Whether the host would like its next unit with the answer. It gets one only if the update came along, was not sent
    /// before, and is accepted: whoever repeats a submission that all can read gets nothing in the host's name.
    public var asksForWork: Bool
    public var trace: TrainingTrace

    /// Larger archives are uploaded.
    public static let maximumUpdateBytes = 64 << 10

    public init(
        _ submission: Signed<Submission>, trace: TrainingTrace, update: [UInt8]? = nil, asksForWork: Bool = false
    ) {
        self.submission = submission
        self.trace = trace
        self.update = update
        self.asksForWork = asksForWork
    }

    private enum Key: String, CodingKey {
        case update, asksForWork, trace
    }

    public init(from decoder: any Decoder) throws {
        submission = try Signed(from: decoder)
        let container = try decoder.container(keyedBy: Key.self)
        update = try container.decodeIfPresent(String.self, forKey: .update).map { text in
            guard let update = Data(base64Encoded: text) else {
                throw DecodingError.dataCorruptedError(forKey: .update, in: container, debugDescription: "not Base64")
            }
            return Array(update)
        }
        trace = try container.decodeIfPresent(TrainingTrace.self, forKey: .trace) ?? TrainingTrace()
        asksForWork = try container.decodeIfPresent(Bool.self, forKey: .asksForWork) ?? false
    }

    public func encode(to encoder: any Encoder) throws {
        try submission.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encodeIfPresent(update.map { Data($0).base64EncodedString() }, forKey: .update)
        if !trace.weights.isEmpty { try container.encode(trace, forKey: .trace) }
        if asksForWork { try container.encode(true, forKey: .asksForWork) }
    }
}

/// The answer to `POST /submissions`: JSON of the `SubmissionReply`, and with it `work`, where the host gets it along.
public struct DeliveryReply: Codable, Hashable, Sendable {
    public var submission: SubmissionReply
    public var work: WorkReply?

    public init(_ submission: SubmissionReply, work: WorkReply? = nil) {
        self.submission = submission
        self.work = work
    }

    private enum Key: String, CodingKey {
        case work
    }

    public init(from decoder: any Decoder) throws {
        submission = try SubmissionReply(from: decoder)
        work = try decoder.container(keyedBy: Key.self).decodeIfPresent(WorkReply.self, forKey: .work)
    }

    public func encode(to encoder: any Encoder) throws {
        try submission.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encodeIfPresent(work, forKey: .work)
    }
}

/// What became of a submission. Sending the same submission again gets the same answer.
public struct SubmissionReply: Codable, Hashable, Sendable {
    public var verdict: Verdict
    /// Contributions that the run has accepted so far.
    public var height: Int

    public init(verdict: Verdict, height: Int) {
        self.verdict = verdict
        self.height = height
    }
}

/// The outcome of judging a submission.
public enum Verdict: Codable, Hashable, Sendable {
    case accepted
    /// Sound, and it earns credit alone.
    case uncounted(because: UncountedReason)
    /// Will never count; the reason says what was wrong.
    case rejected(reason: String)
    /// Waits for other hosts' submissions of the same unit (`quorum`).
    case inconclusive
}

/// Why a sound answer earns credit alone.
public enum UncountedReason: String, Codable, Hashable, Sendable {
    /// Nothing of its host was confirmed yet: its unit counts by whoever comes to the same.
    case newcomer
    /// It was compared with the answer of another.
    case audit
    /// Its unit counts by the answer of another, or its base became too old.
    case late
}

/// What a look at an update found.
public struct Judgement: Hashable, Sendable {
    /// `accepted` or `rejected`.
    public var verdict: Verdict
    /// SHA-256 of the manifest and all inflated chunks of an accepted update: the same for all who trained the same, whatever
    /// zlib wrote the archive. Nil for one that is rejected.
    public var content: Digest?
    /// Why an accepted update is looked at again, whatever is drawn.
    public var suspicion: Suspicion?

    public init(_ verdict: Verdict, content: Digest? = nil, suspicion: Suspicion? = nil) {
        self.verdict = verdict
        self.content = content
        self.suspicion = suspicion
    }
}

/// The body of every answer that is not a success.
public struct ErrorReply: Codable, Hashable, Sendable {
    /// A stable word for programs, such as `assignment-expired`.
    public var code: String
    /// A sentence for people: what was wrong and what to do.
    public var message: String

    public init(code: String, message: String) {
        self.code = code
        self.message = message
    }
}
