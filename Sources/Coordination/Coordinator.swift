import Federation
import Ledger
import Synchronization
import WorkUnits

/// The shell around the rules: takes requests, lets the rules decide, stores, and only then answers.
///
/// Requests that wait while a transaction is written are decided together in the next one. Judgements and merges run
/// outside, as do signatures, so the actor itself only decides. `run` is ahead of the store while a transaction is
/// written: what leaves the house is told from `published`, or after a transaction of its own. After a failed transaction
/// nobody knows whether it is durable: the run is read from the store again before anything else is decided.
public actor Coordinator {
    public nonisolated let blobs: any BlobStore
    public nonisolated let description: Signed<ProjectDescription>
    nonisolated let projectID: ProjectID
    nonisolated let store: any CoordinatorStore
    nonisolated let services: any RunServices
    nonisolated let key: SigningKey
    nonisolated let policy: RunPolicy
    nonisolated let admission: AdmissionRule
    nonisolated let replays: Mutex<ReplayWindow>
    nonisolated let now: @Sendable () -> Timestamp
    /// Tells whoever runs the server what went wrong.
    nonisolated let report: @Sendable (String) -> Void

    private var core: CoordinatorCore
    /// What is committed, as far as readers ask.
    private(set) var published: RunSummary
    /// A transaction failed: `core` may be ahead of the store or behind it.
    private var isDoubtful = false
    private var isCommitting = false
    private var waiting: [Waiting] = []

    var judgements: [AssignmentID: Task<Void, any Error>] = [:]
    /// One at a time: it takes as long as a unit.
    var replay: Task<Void, Never>?
    var replayRetry = Retry()
    var archives: [IssuedUnit: BlobReference] = [:]
    /// Updates announced since the start, for assignments whose uploads are not removed yet.
    var announced: [AssignmentID: Set<Digest>] = [:]
    /// Nil where versions are no steps: then all stay whole.
    var kept: KeptVersions?
    /// What witnesses said since the start.
    var cosignatures: [VerifyingKey: Signed<Cosignature>] = [:]
    var retry = Retry()
    var bytesDown = 0
    var bytesUp = 0
    let (wakeups, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    /// Most requests in one transaction.
    private static let batchLimit = 512

    private struct Waiting {
        let proposal: Proposal
        let continuation: CheckedContinuation<[TrainingRun.Effect], any Error>
    }

    /// Continues the project in the store, or founds it there. Where versions are steps, every `snapshotEvery`-th one stays
    /// whole.
    ///
    /// The genesis, the signed manifest of version 0, is asked for only when the project is new. Outside tests the clock
    /// is `SystemClock.now`. `report` is told the reasons of failures that are no business of those outside.
    ///
    /// - Throws: `RecoveryFailure` for a store that belongs to another project or policy, or is damaged.
    public init(
        store: any CoordinatorStore, blobs: any BlobStore, services: any RunServices, key: SigningKey,
        description: Signed<ProjectDescription>, policy: RunPolicy, snapshotEvery: Int,
        genesis: @autoclosure @Sendable () async throws -> Signed<CheckpointManifest>,
        now: @escaping @Sendable () -> Timestamp, report: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws {
        self.store = store
        self.blobs = blobs
        self.services = services
        self.key = key
        self.description = description
        self.policy = policy
        self.now = now
        self.report = report
        projectID = key.verifyingKey
        let body = try description.verified(by: key.verifyingKey, context: ProjectDescription.signingContext)
        admission = body.admission
        replays = Mutex(ReplayWindow(start: now()))
        if let stored = try await store.load() {
            core = try CoordinatorCore.recover(stored, secret: key.drawSecret)
            try await Self.requireSame(description, policy, core.run, store)
        } else {
            let founding = try CoordinatorCore.found(
                policy: policy, description: description, genesis: try await genesis(), at: now(),
                secret: key.drawSecret)
            try await store.commit(founding.batch)
            core = founding.core
        }
        published = RunSummary(core)
        if body.strategy.stepCodec != nil, snapshotEvery > 1 {
            kept = try await Self.versions(in: store, blobs, snapshotEvery: snapshotEvery)
        }
    }

    private static func requireSame(
        _ description: Signed<ProjectDescription>, _ policy: RunPolicy, _ run: TrainingRun,
        _ store: any CoordinatorStore
    ) async throws {
        guard run.policy == policy else {
            throw RecoveryFailure("its policy differs from the recipe's: continue with the recipe it began with")
        }
        let first = try await store.ledgerEntries(from: 0, limit: 1).first ?? ""
        let entry = try CanonicalJSON.decode(LedgerEntry.self, from: Array(first.utf8))
        guard case .opened(let recorded) = entry.record, recorded.document == description.document else {
            throw RecoveryFailure("its project description differs: continue with the recipe and key it began with")
        }
    }

    var run: TrainingRun { core.run }

    // MARK: One transaction after another

    /// Lets an event happen, after whatever waits before it.
    ///
    /// - Returns: its effects, when they are durable.
    /// - Throws: `Refusal`.
    func propose(_ proposal: Proposal) async throws -> [TrainingRun.Effect] {
        try await withCheckedThrowingContinuation { continuation in
            waiting.append(Waiting(proposal: proposal, continuation: continuation))
            guard !isCommitting else { return }
            isCommitting = true
            // A task of its own: a request that is cancelled does not tear the transaction of others.
            Task { await commitWaiting() }
        }
    }

    private func commitWaiting() async {
        while !waiting.isEmpty {
            let batch = Array(waiting.prefix(Self.batchLimit))
            waiting.removeFirst(batch.count)
            do {
                let outcomes = try await commit(batch.map(\.proposal))
                for (request, outcome) in zip(batch, outcomes) {
                    request.continuation.resume(with: outcome.mapError { Refusal($0) })
                }
            } catch {
                let refusal = refusal(for: error, "this could not be stored")
                for request in batch { request.continuation.resume(throwing: refusal) }
            }
        }
        isCommitting = false
    }

    /// After a transaction that failed, and before the next one: reads the run from the store.
    func readAgainIfDoubtful() async throws(Refusal) {
        guard isDoubtful, !isCommitting else { return }
        do {
            _ = try await propose(Proposal(.timePassed))
        } catch {
            throw refusal(for: error, "the store cannot be read now")
        }
    }

    /// What those outside learn of a failure: a refusal as it is, of anything else only that it happened.
    nonisolated func refusal(for error: any Error, _ message: String) -> Refusal {
        report("\(message): \(error)")
        return error as? Refusal ?? Refusal(.unavailable, "\(message), ask again later")
    }

    private func commit(_ proposals: [Proposal]) async throws -> [Result<[TrainingRun.Effect], Refused>] {
        if isDoubtful, let stored = try await store.load() {
            core = try CoordinatorCore.recover(stored, secret: key.drawSecret)
            published = RunSummary(core, after: published)
            isDoubtful = false
            wake.yield()
        }
        // Until it is stored.
        isDoubtful = true
        let advance = try core.advance(proposals, at: now())
        if !advance.batch.isEmpty { try await store.commit(advance.batch) }
        isDoubtful = false
        published = RunSummary(core, after: published)
        if published.isMergeDue { wake.yield() }
        return advance.outcomes
    }
}

extension Refusal {
    init(_ refused: Refused) {
        let code: Code =
            switch refused {
            case .unknownHost, .unknownAssignment: .notFound
            case .membership(.admissionRequired): .admissionRequired
            case .membership, .convicted: .forbidden
            case .tooManyHosts, .unanswered: .unavailable
            case .notYourAssignment: .unauthorized
            case .expired: .assignmentExpired
            case .conflictingSubmission, .unexpectedJudgement, .unexpectedVersion, .unexpectedDraw, .unexpectedReplay:
                .conflict
            case .timeRanBackwards: .unavailable
            }
        self.init(code, "\(refused)")
    }
}

extension SigningKey {
    /// What nobody knows who does not have this key: makes the ledger's nonces.
    fileprivate var drawSecret: Digest { Digest(of: Array("caravan draws".utf8) + seed) }
}
