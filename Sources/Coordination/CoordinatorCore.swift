import Federation
import Ledger
import WorkUnits

/// What a coordinator knows, as a value: the run, and where the ledger stands.
///
/// `advance` lets a batch of events happen and says what must be stored for that; nothing is true before the store has
/// it. The coordinator and the simulator both work through this one function.
public struct CoordinatorCore: Sendable, Equatable {
    public private(set) var run: TrainingRun
    public private(set) var ledger: LedgerChain
    /// Events that the newest snapshot contains.
    private var snapshotRevision: Int
    /// What the nonces of the ledger's entries are made from.
    private let secret: Digest

    /// Events between two snapshots. A snapshot has what is open and the hosts that changed, so its size does not grow with
    /// the hosts or the units of the run.
    public static let snapshotEvery = 65_536

    /// A new project: the batch that founds it, to be committed first. Version 0 is the genesis manifest's.
    ///
    /// - Parameter secret: lets nobody else foresee what the ledger draws; the same whenever the run is recovered.
    public static func found(
        policy: RunPolicy, description: Signed<ProjectDescription>, genesis: Signed<CheckpointManifest>,
        at time: Timestamp, secret: Digest = .zero
    ) throws -> Decision {
        let manifest = try genesis.unverified()
        let run = try TrainingRun(policy: policy, base: manifest.weights, at: time)
        var core = CoordinatorCore(run: run, ledger: LedgerChain(), snapshotRevision: 0, secret: secret)
        var batch = StoreBatch()
        batch.snapshot = RunSnapshot(run: try CanonicalJSON.encode(run), count: 0, hosts: [:])
        batch.checkpoints = [genesis]
        let records: [LedgerRecord] = [
            .opened(description),
            .checkpoint(
                version: manifest.version, height: manifest.height, weights: manifest.weights, manifest: genesis.digest),
        ]
        for record in records { try core.append(record, at: time, to: &batch) }
        return Decision(core: core, batch: batch, outcomes: [])
    }

    /// The run as it was when the store last committed: the snapshot, and the journal applied to it again.
    public static func recover(
        _ stored: StoredRun, secret: Digest = .zero
    ) throws(RecoveryFailure) -> CoordinatorCore {
        do {
            var run = try CanonicalJSON.decode(TrainingRun.self, from: stored.snapshot, limit: .max)
            guard run.revision == stored.snapshotCount else {
                throw RecoveryFailure("the snapshot has \(run.revision) events instead of \(stored.snapshotCount)")
            }
            run.restore(stored.hosts)
            for record in stored.journal {
                guard record.index == run.revision else {
                    throw RecoveryFailure("the journal has event \(record.index) where \(run.revision) belongs")
                }
                let event = try CanonicalJSON.decode(TrainingRun.Event.self, from: record.event)
                _ = try run.apply(event, at: record.time)
                guard run.revision == record.index + 1 else {
                    throw RecoveryFailure("event \(record.index) of the journal changes nothing")
                }
            }
            try run.checkInvariants()
            return CoordinatorCore(
                run: run, ledger: stored.ledger, snapshotRevision: stored.snapshotCount, secret: secret)
        } catch let failure as RecoveryFailure {
            throw failure
        } catch {
            throw RecoveryFailure("\(error)")
        }
    }

    /// What a batch would change: `advance` on a copy.
    public func decide(
        _ proposals: [Proposal], at now: Timestamp, snapshotEvery: Int = Self.snapshotEvery
    ) throws -> Decision {
        var core = self
        let advance = try core.advance(proposals, at: now, snapshotEvery: snapshotEvery)
        return Decision(core: core, batch: advance.batch, outcomes: advance.outcomes)
    }

    /// Applies events in order. Each one's outcome is its effects or its refusal; a refused one changes nothing.
    ///
    /// In place: a run of a million hosts is not copied for each batch. If the batch cannot be stored, this value is to be
    /// recovered from the store.
    ///
    /// - Throws: only when something cannot be encoded.
    public mutating func advance(
        _ proposals: [Proposal], at now: Timestamp, snapshotEvery: Int = Self.snapshotEvery
    ) throws -> Advance {
        var batch = StoreBatch()
        batch.ledgerFrom = ledger.count
        var outcomes: [Result<[TrainingRun.Effect], Refused>] = []
        for proposal in proposals {
            // Whether the last version is due depends on what was drawn.
            if proposal.manifest != nil { try draw(at: now, to: &batch) }
            do {
                outcomes.append(.success(try apply(proposal, at: now, to: &batch)))
            } catch let refused as Refused {
                outcomes.append(.failure(refused))
            }
        }
        try draw(at: now, to: &batch)
        if run.revision - snapshotRevision >= snapshotEvery {
            snapshotRevision = run.revision
            batch.snapshot = RunSnapshot(
                run: try CanonicalJSON.encode(run.withoutHosts), count: run.revision, hosts: run.takeChangedHosts())
        }
        return Advance(batch: batch, outcomes: outcomes)
    }

    /// Draws the answers that this batch records and that are not drawn yet, each by its entry.
    private mutating func draw(at now: Timestamp, to batch: inout StoreBatch) throws {
        guard run.undrawnAnswers > 0 else { return }
        let beacons = batch.ledgerEntries.filter(\.isAnswer).suffix(run.undrawnAnswers).map(\.digest)
        _ = try apply(Proposal(.drawn(beacons: beacons)), at: now, to: &batch)
    }

    /// The clock may have been set back: the run's time never goes back.
    private mutating func apply(
        _ proposal: Proposal, at now: Timestamp, to batch: inout StoreBatch
    ) throws -> [TrainingRun.Effect] {
        try requireDue(proposal)
        let index = run.revision
        let time = max(now, run.time)
        var effects = try run.apply(proposal.event, at: time)
        guard run.revision > index else { return effects }
        batch.journal.append(JournalRecord(index: index, time: time, event: try CanonicalJSON.encode(proposal.event)))
        if let manifest = proposal.manifest { batch.checkpoints.append(manifest) }
        if let record = proposal.record { try append(record, at: time, to: &batch) }
        for case .record(let record) in effects { try append(LedgerRecord(record), at: time, to: &batch) }
        for next in proposal.next { effects += try apply(Proposal(next), at: now, to: &batch) }
        return effects
    }

    /// Work that was begun for a batch that could then not be stored may be of something that is not due any more.
    private func requireDue(_ proposal: Proposal) throws(Refused) {
        if let repeated = proposal.repeated, run.lease(of: repeated.host)?.assignment == repeated.assignment {
            throw .unanswered(repeated.assignment)
        }
        if let compared = proposal.compared, run.comparableAnswers(to: compared.unit) != compared.answers {
            throw .unanswered(compared.assignment)
        }
        if let judging = proposal.judging, run.judging(of: judging.assignment) != judging {
            throw .unexpectedJudgement(judging.assignment)
        }
        if let replay = proposal.replay, run.replay(of: replay.issue.index) != replay {
            throw .unexpectedReplay(unit: replay.issue.index)
        }
        if let merge = proposal.merge, run.dueMerge != merge { throw .unexpectedVersion(merge.version) }
    }

    private mutating func append(_ record: LedgerRecord, at time: Timestamp, to batch: inout StoreBatch) throws {
        batch.ledgerEntries.append(try ledger.append(record, at: time, secret: secret))
    }
}

/// An event that someone would like to happen, and the document that it publishes.
public struct Proposal: Sendable {
    public var event: TrainingRun.Event
    /// What happens right after the event, if that changed something: all is in one transaction.
    public private(set) var next: [TrainingRun.Event] = []
    public var manifest: Signed<CheckpointManifest>?
    /// The document that the event is drawn from, for the ledger.
    private(set) var record: LedgerRecord?
    /// What the event is the result of, which has to be due still.
    private(set) var judging: Judging?
    private(set) var merge: Merge?
    private(set) var replay: Replay?
    /// The answers to a unit that this one was compared with: still all of them.
    private(set) var compared: (unit: Int, answers: [SoundAnswer], assignment: AssignmentID)?
    /// A submission that has to have been received before: nobody judged its update.
    private(set) var repeated: Submission?

    public init(_ event: TrainingRun.Event) {
        self.event = event
    }

    /// An event that becomes an entry of the ledger, if it changes something.
    public init(_ event: TrainingRun.Event, recording record: LedgerRecord) {
        self.event = event
        self.record = record
    }

    /// A submission whose update came with it, and was judged.
    ///
    /// - Parameters:
    ///   - others: the answers to the same unit that it was compared with.
    ///   - asksForWork: whether an accepted one is also a work request.
    init(
        _ submission: SignedSubmission, to unit: Int, judged judgement: Judgement, among others: [SoundAnswer],
        asksForWork: Bool
    ) {
        event = .submitted(submission)
        compared = (unit, others, submission.body.assignment)
        next = [TrainingRun.Event(judgement, of: submission.body.assignment)]
        if asksForWork, judgement.verdict == .accepted { next.append(.workRequested(submission.body.host)) }
    }

    /// A submission that came before, with or without the update that it brought along.
    init(repeated submission: SignedSubmission) {
        event = .submitted(submission)
        repeated = submission.body
    }

    /// The outcome of a judgement.
    init(_ judging: Judging, _ judgement: Judgement) {
        event = TrainingRun.Event(judgement, of: judging.assignment)
        self.judging = judging
    }

    /// A unit that was trained again.
    init(_ replay: Replay, _ replayed: Replayed) {
        event = .replayed(unit: replay.issue.index, replayed)
        self.replay = replay
    }

    /// A version that was merged.
    ///
    /// - Parameter merge: what it was made from.
    public init(merged manifest: Signed<CheckpointManifest>, by merge: Merge? = nil) throws(UntrustedDocument) {
        event = .merged(try manifest.known().weights, manifest: manifest.digest)
        self.manifest = manifest
        self.merge = merge
    }
}

extension TrainingRun.Event {
    fileprivate init(_ judgement: Judgement, of assignment: AssignmentID) {
        self = .judged(
            assignment, judgement.verdict, content: judgement.content, suspicion: judgement.suspicion)
    }
}

/// What must be stored to make a batch true.
public struct Advance: Sendable {
    public var batch: StoreBatch
    /// One for each proposal.
    public var outcomes: [Result<[TrainingRun.Effect], Refused>]
}

/// What would be true after a batch, and what must be stored to make it so.
public struct Decision: Sendable {
    public var core: CoordinatorCore
    public var batch: StoreBatch
    /// One for each proposal.
    public var outcomes: [Result<[TrainingRun.Effect], Refused>]
}

/// A store whose content does not add up. Nothing was changed.
public struct RecoveryFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public var reason: String

    public init(_ reason: String) {
        self.reason = reason
    }

    public var description: String { "the stored run cannot be continued: \(reason)" }
}

extension LedgerRecord {
    /// What the rules want written, as it is written.
    public init(_ record: TrainingRun.Record) throws {
        self =
            switch record {
            case .contribution(let contribution, let submission):
                .contribution(contribution, try Signed(submission.body, signature: submission.signature))
            case .uncounted(let contribution, let submission):
                .uncounted(contribution, try Signed(submission.body, signature: submission.signature))
            case .checkpoint(let reference, let height, let manifest):
                .checkpoint(version: reference.version, height: height, weights: reference, manifest: manifest)
            case .audited(let contribution, let submission):
                .audited(contribution, by: try submission.map { try Signed($0.body, signature: $0.signature) })
            case .convicted(let conviction): .convicted(conviction)
            }
    }
}
