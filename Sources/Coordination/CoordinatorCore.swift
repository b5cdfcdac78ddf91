import Federation
import Ledger
import WorkUnits

/// What a coordinator knows, as a value: the run, and where the ledger stands.
///
/// `decide` says what a batch of events would change and what must be stored for that; nothing is true before the store
/// has it. The coordinator and the simulator both work through this one function.
public struct CoordinatorCore: Sendable, Equatable {
    public private(set) var run: TrainingRun
    public private(set) var ledger: LedgerChain
    /// Events that the newest snapshot contains.
    private var snapshotRevision: Int

    /// Events between two snapshots, at least: a run with many hosts makes them as much rarer as they are larger, so that
    /// registering ever more hosts does not cost ever more for each.
    public static let snapshotEvery = 1024
    private static let hostsPerEvent = 8

    /// A new project: the batch that founds it, to be committed first. Version 0 is the genesis manifest's.
    public static func found(
        policy: RunPolicy, description: Signed<ProjectDescription>, genesis: Signed<CheckpointManifest>,
        at time: Timestamp
    ) throws -> Decision {
        let manifest = try genesis.unverified()
        let run = try TrainingRun(policy: policy, base: manifest.weights, at: time)
        var core = CoordinatorCore(run: run, ledger: LedgerChain(), snapshotRevision: 0)
        var batch = StoreBatch()
        batch.snapshot = (bytes: try CanonicalJSON.encode(run), count: 0)
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
    public static func recover(_ stored: StoredRun) throws(RecoveryFailure) -> CoordinatorCore {
        do {
            var run = try CanonicalJSON.decode(TrainingRun.self, from: stored.snapshot, limit: .max)
            guard run.revision == stored.snapshotCount else {
                throw RecoveryFailure("the snapshot has \(run.revision) events instead of \(stored.snapshotCount)")
            }
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
            let ledger = LedgerChain(count: stored.ledgerCount, head: stored.ledgerHead)
            return CoordinatorCore(run: run, ledger: ledger, snapshotRevision: stored.snapshotCount)
        } catch let failure as RecoveryFailure {
            throw failure
        } catch {
            throw RecoveryFailure("\(error)")
        }
    }

    /// Applies events in order to a copy. Each one's outcome is its effects or its refusal; a refused one changes nothing.
    ///
    /// - Throws: only when something cannot be encoded.
    public func decide(
        _ proposals: [Proposal], at now: Timestamp, snapshotEvery: Int = Self.snapshotEvery
    ) throws -> Decision {
        var core = self
        var batch = StoreBatch()
        batch.ledgerFrom = ledger.count
        var outcomes: [Result<[TrainingRun.Effect], Refused>] = []
        for proposal in proposals {
            do {
                outcomes.append(.success(try core.apply(proposal, at: now, to: &batch)))
            } catch let refused as Refused {
                outcomes.append(.failure(refused))
            }
        }
        if core.run.revision - snapshotRevision >= max(snapshotEvery, core.run.hostCount / Self.hostsPerEvent) {
            core.snapshotRevision = core.run.revision
            batch.snapshot = (bytes: try CanonicalJSON.encode(core.run), count: core.run.revision)
        }
        return Decision(core: core, batch: batch, outcomes: outcomes)
    }

    /// The clock may have been set back: the run's time never goes back.
    private mutating func apply(
        _ proposal: Proposal, at now: Timestamp, to batch: inout StoreBatch
    ) throws -> [TrainingRun.Effect] {
        let index = run.revision
        let time = max(now, run.time)
        let effects = try run.apply(proposal.event, at: time)
        guard run.revision > index else { return effects }
        batch.journal.append(JournalRecord(index: index, time: time, event: try CanonicalJSON.encode(proposal.event)))
        if let manifest = proposal.manifest { batch.checkpoints.append(manifest) }
        for case .record(let record) in effects { try append(LedgerRecord(record), at: time, to: &batch) }
        return effects
    }

    private mutating func append(_ record: LedgerRecord, at time: Timestamp, to batch: inout StoreBatch) throws {
        let entry = try ledger.append(record, at: time)
        batch.ledgerEntries.append(LedgerLine(text: entry.text, digest: entry.digest))
    }
}

/// An event that someone would like to happen, and the document that it publishes.
public struct Proposal: Sendable {
    public var event: TrainingRun.Event
    public var manifest: Signed<CheckpointManifest>?

    public init(_ event: TrainingRun.Event) {
        self.event = event
    }

    /// A version that was merged.
    public init(merged manifest: Signed<CheckpointManifest>) throws(UntrustedDocument) {
        event = .merged(try manifest.unverified().weights, manifest: manifest.digest)
        self.manifest = manifest
    }
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
    init(_ record: TrainingRun.Record) throws {
        self =
            switch record {
            case .contribution(let contribution, let submission):
                .contribution(contribution, try Signed(submission.body, signature: submission.signature))
            case .uncounted(let contribution, let submission):
                .uncounted(contribution, try Signed(submission.body, signature: submission.signature))
            case .checkpoint(let reference, let height, let manifest):
                .checkpoint(version: reference.version, height: height, weights: reference, manifest: manifest)
            }
    }
}
