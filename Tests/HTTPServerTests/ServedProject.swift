import Coordination
import Federation
import HTTPServer
import HummingbirdTesting
import Logging
import SimulationSupport
import Synchronization
import TestSupport
import WorkUnits

/// An imaginary project behind a real coordinator and a real server, with a clock that stands still until it is set.
final class ServedProject: Sendable {
    let project: ImaginaryProject
    let blobs = MemoryBlobStore()
    let coordinator: Coordinator
    private let clock: Clock

    /// Its coordinator may be given blobs that fail.
    init(failingBlobs: (any BlobStore)? = nil, stepCodec: UpdateCodec? = nil) async throws {
        let policy = RunPolicy(
            mergeEvery: 2, lastVersion: 2, lease: Seconds(60), patience: Seconds(60), unitSteps: 4, tokensPerStep: 25,
            maximumUpdateBytes: 20 << 20)
        let project = try ImaginaryProject(policy: policy, stepCodec: stepCodec)
        let clock = Clock()
        self.project = project
        self.clock = clock
        coordinator = try await Coordinator(
            store: MemoryCoordinatorStore(), blobs: failingBlobs ?? blobs,
            services: Services(project: project, blobs: blobs),
            key: project.key, description: project.description, policy: policy, snapshotEvery: 2,
            genesis: project.genesis, now: { clock.time.withLock { $0 } })
    }

    var now: Timestamp {
        get { clock.time.withLock { $0 } }
        set { clock.time.withLock { $0 = newValue } }
    }

    func server(
        host: String = "127.0.0.1", port: Int = 0, onListening: @escaping @Sendable (Int) async -> Void = { _ in }
    ) -> CoordinatorServer {
        var logger = Logger(label: "tests")
        logger.logLevel = .critical
        return CoordinatorServer(
            coordinator: coordinator, host: host, port: port, logger: logger, onListening: onListening)
    }

    /// Runs the server, and a test against it over a real connection.
    func serve(_ test: @Sendable (APIClient) async throws -> Void) async throws {
        let document = try APIDocument.current.get()
        try await server().application.test(.live) { try await test(APIClient(connection: $0, document: document)) }
    }

    private final class Clock: Sendable {
        let time = Mutex(Timestamp(milliseconds: 1_000_000_000))
    }

    /// The imaginary project's computations, with their results where hosts can download them.
    private struct Services: RunServices {
        let project: ImaginaryProject
        let blobs: MemoryBlobStore

        func archive(of unit: IssuedUnit) -> BlobReference {
            let archive = ImaginaryProject.archive(of: unit)
            return BlobReference(digest: blobs.store(archive), bytes: archive.count)
        }

        func judge(
            _ update: any RandomAccessBytes, of unit: Digest, base: CheckpointReference, trace: TrainingTrace,
            others: [SoundAnswer]
        ) throws -> Judgement {
            Judgement(ImaginaryProject.verdict(on: Digest(of: try update.read(update.count, at: 0)), of: unit))
        }

        func replay(_ replay: Replay) -> Replayed { ImaginaryProject.replayed(replay) }

        func merge(_ merge: Merge, state: OuterState?) throws -> Signed<CheckpointManifest> {
            guard state == ImaginaryProject.state(of: merge.previous.version) else {
                throw UnreadableBytes(reason: "this is not what version \(merge.previous.version) carries")
            }
            return try project.merge(merge)
        }
    }
}

/// A volunteer's computer, as far as it signs.
struct Host {
    let served: ServedProject
    let key: SigningKey
    var id: HostID { key.verifyingKey }
    private var project: ProjectID { served.project.key.verifyingKey }

    init(_ number: Int, of served: ServedProject) {
        self.served = served
        key = ImaginaryProject.key(number)
    }

    func registration(name: String = "laptop") throws -> Signed<HostRegistration> {
        try key.registration(in: project, name: name, at: served.now)
    }

    func workRequest(signedBy key: SigningKey? = nil, at time: Timestamp? = nil) throws -> Signed<WorkRequest> {
        let body = WorkRequest(project: project, host: id, stamp: RequestStamp(time ?? served.now))
        return try Signed(body, by: key ?? self.key, context: WorkRequest.signingContext)
    }

    func announcement(
        of update: [UInt8], for assignment: Assignment, bytes: Int? = nil
    ) throws
        -> Signed<UploadAnnouncement>
    {
        let body = UploadAnnouncement(
            project: project, assignment: assignment.id, host: id, update: Digest(of: update),
            bytes: bytes ?? update.count, stamp: RequestStamp(served.now))
        return try Signed(body, by: key, context: UploadAnnouncement.signingContext)
    }

    func submission(of update: [UInt8], for assignment: Assignment) throws -> Signed<Submission> {
        let body = Submission(
            project: project, assignment: assignment.id, host: id, unit: assignment.unit, update: Digest(of: update))
        return try Signed(body, by: key, context: Submission.signingContext)
    }

    /// Registers, and asks for work until there is an assignment.
    func assignment(_ client: APIClient) async throws -> Assignment {
        try await client.post("/api/v1/hosts", registration())
        let reply: WorkReply = try await client.post("/api/v1/work", workRequest())
        guard case .assigned(let signed) = reply else { throw UnexpectedReply(description: "\(reply)") }
        return try signed.verified(by: project, context: Assignment.signingContext)
    }
}

struct UnexpectedReply: Error, CustomStringConvertible {
    var description: String
}
