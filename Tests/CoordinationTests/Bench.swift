import Coordination
import Federation
import SimulationSupport
import Synchronization
import TestSupport
import Testing
import WorkUnits

/// A coordinator of the imaginary project over stores that outlive it, and a clock that tests set.
final class Bench: Sendable {
    let project: ImaginaryProject
    let memory = MemoryCoordinatorStore()
    let store: FaultyStore
    let blobs: MemoryBlobStore
    /// The same, as the coordinator has it.
    let faultyBlobs: FaultyBlobs
    private let snapshotEvery: Int
    let services: ImaginaryServices
    private let said = Mutex<[String]>([])
    private let clock = Clock()

    private final class Clock: Sendable {
        let seconds = Mutex(1_000_000.0)
        var now: Timestamp { seconds.withLock { Timestamp(milliseconds: 0) + Seconds($0) } }
    }

    init(
        mergeEvery: Int = 2, lastVersion: Int = 5, quorum: Int = 1, tolerance: Double? = nil, staleness: Int = 0,
        maximumUpdateBytes: Int = 1 << 16, admission: AdmissionRule = .open(proofBits: 0),
        witnesses: [VerifyingKey]? = nil, stepCodec: UpdateCodec? = nil, snapshotEvery: Int = 16,
        audit: AuditRule = AuditRule(share: 0)
    ) throws {
        self.snapshotEvery = snapshotEvery
        let policy = RunPolicy(
            mergeEvery: mergeEvery, lastVersion: lastVersion, quorum: quorum, tolerance: tolerance,
            maximumStaleness: staleness,
            lease: Seconds(600), patience: Seconds(3600), unitSteps: 8, tokensPerStep: 512,
            maximumUpdateBytes: maximumUpdateBytes, audit: audit, auditPatience: Seconds(60))
        project = try ImaginaryProject(policy: policy, admission: admission, witnesses: witnesses, stepCodec: stepCodec)
        store = FaultyStore(memory)
        blobs = MemoryBlobStore(now: { [clock] in clock.now })
        blobs.store(ImaginaryProject.initialWeights)
        faultyBlobs = FaultyBlobs(blobs)
        services = ImaginaryServices(project, blobs: blobs)
    }

    var now: Timestamp { clock.now }

    /// What the coordinator reported.
    var reports: [String] { said.withLock { $0 } }

    func advance(_ by: Double) {
        clock.seconds.withLock { $0 += by }
    }

    /// Starts the coordinator, or starts it again from what the store has.
    func start() async throws -> Coordinator {
        try await Coordinator(
            store: store, blobs: faultyBlobs, services: services, key: project.key, description: project.description,
            policy: project.policy, snapshotEvery: snapshotEvery, genesis: project.genesis, now: { self.now },
            report: { line in self.said.withLock { $0.append(line) } })
    }

    /// The run that the store would give back.
    func recovered() throws -> TrainingRun {
        try CoordinatorCore.recover(try #require(memory.load())).run
    }
}

/// What a host says, signed.
struct Speaker {
    let key: SigningKey
    let project: ProjectID
    private let bench: Bench

    init(_ number: Int, _ bench: Bench) {
        self.bench = bench
        key = ImaginaryProject.key(number)
        project = bench.project.key.verifyingKey
    }

    var host: HostID { key.verifyingKey }

    func registration(
        name: String = "a computer", account: SigningKey? = nil, team: String? = nil, admission: Admission? = nil
    ) throws -> Signed<HostRegistration> {
        try key.registration(in: project, account: account, team: team, name: name, admission: admission, at: bench.now)
    }

    func workRequest(at time: Timestamp) throws -> Signed<WorkRequest> {
        try Signed(
            WorkRequest(project: project, host: host, stamp: RequestStamp(time)), by: key,
            context: WorkRequest.signingContext)
    }

    func announcement(_ assignment: AssignmentID, of update: [UInt8]) throws -> Signed<UploadAnnouncement> {
        let body = UploadAnnouncement(
            project: project, assignment: assignment, host: host, update: Digest(of: update), bytes: update.count,
            stamp: RequestStamp(bench.now))
        return try Signed(body, by: key, context: UploadAnnouncement.signingContext)
    }

    func submission(_ assignment: AssignmentID, unit: Digest, update: [UInt8]) throws -> Signed<Submission> {
        let body = Submission(
            project: project, assignment: assignment, host: host, unit: unit, update: Digest(of: update))
        return try Signed(body, by: key, context: Submission.signingContext)
    }

    // MARK: Whole conversations

    /// Registers if need be, and asks for work.
    func assignment(from coordinator: Coordinator, _ bench: Bench) async throws -> Assignment {
        try await coordinator.register(try registration())
        guard case .assigned(let signed) = try await coordinator.requestWork(try workRequest(at: bench.now)) else {
            throw Refusal(.unavailable, "no work")
        }
        return try signed.verified(by: project, context: Assignment.signingContext)
    }

    func upload(_ update: [UInt8], for assignment: Assignment, to coordinator: Coordinator) async throws {
        let state = try await coordinator.announceUpload(try announcement(assignment.id, of: update))
        guard !state.isComplete else { return }
        _ = try await coordinator.appendUpload(state.ticket, at: state.offset, Array(update.dropFirst(state.offset)))
    }

    /// Uploads the honest update, and makes its submission.
    func answer(
        to assignment: Assignment, _ coordinator: Coordinator, drift: Int = 0
    ) async throws -> Signed<Submission> {
        let update = ImaginaryProject.update(of: assignment.unit, drift: drift)
        try await upload(update, for: assignment, to: coordinator)
        return try submission(assignment.id, unit: assignment.unit, update: update)
    }

    /// The trace of a host's training of what it holds.
    func trace(_ bench: Bench) throws -> TrainingTrace {
        ImaginaryProject.trace(of: try #require(try bench.recovered().lease(of: host)).unit)
    }

    @discardableResult
    func work(for coordinator: Coordinator, _ bench: Bench, drift: Int = 0) async throws -> SubmissionReply {
        let assignment = try await assignment(from: coordinator, bench)
        return try await coordinator.submit(try await answer(to: assignment, coordinator, drift: drift))
    }
}

extension Coordinator {
    /// Of an update that was uploaded.
    func submit(
        _ signed: Signed<Submission>, trace: TrainingTrace = TrainingTrace()
    ) async throws -> SubmissionReply {
        try await submit(Delivery(signed, trace: trace)).submission
    }
}

/// The code of the refusal that a request meets; nil when it is done.
func refusal(_ body: () async throws -> Void) async throws -> Refusal.Code? {
    do {
        try await body()
        return nil
    } catch let refusal as Refusal {
        return refusal.code
    }
}
