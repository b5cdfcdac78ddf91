import Coordination
import Federation
import Ledger
import WorkUnits

/// Remembers the whole history, which the rules do not, and compares it with what they say and what the ledger shows.
struct Witness {
    let policy: RunPolicy
    /// By index: no unit counts twice.
    private var contributions: [Int: Contribution] = [:]
    private var version = 0
    /// What hosts heard: a promise.
    private var promises: [AssignmentID: Verdict] = [:]
    /// Assignments of accepted submissions.
    private var accepted: Set<AssignmentID> = []
    /// Assignments whose submissions earn credit alone.
    private var uncounted: Set<AssignmentID> = []
    /// Units that do not count any more.
    private var struck: Set<Int> = []
    /// Versions that nobody needed once: their weights may be gone.
    private var expendable: Set<Int> = []

    init(policy: RunPolicy) {
        self.policy = policy
    }

    mutating func see(_ effects: [TrainingRun.Effect]) throws {
        for effect in effects {
            switch effect {
            case .record(.contribution(let contribution, let submission)):
                guard contributions.updateValue(contribution, forKey: contribution.index) == nil else {
                    throw BrokenPromise("unit \(contribution.index) counts twice")
                }
                accepted.insert(submission.body.assignment)
            case .record(.uncounted(_, let submission)):
                uncounted.insert(submission.body.assignment)
            case .record(.checkpoint(let reference, let height, _)):
                guard reference.version == version + 1, height == reference.version * policy.mergeEvery else {
                    throw BrokenPromise("version \(reference.version) at height \(height) follows \(version)")
                }
                version = reference.version
            case .record(.audited(_, let submission)):
                if let submission { uncounted.insert(submission.body.assignment) }
            case .record(.convicted(let conviction)): struck.formUnion(conviction.struck)
            case .merge(let merge):
                try check(merge)
            case .assign, .wait, .finished, .judge, .answer, .replay: break
            }
        }
    }

    private func check(_ merge: Merge) throws {
        let isWhole = merge.contributions.count + struck.count >= policy.mergeEvery
        let isClean = struck.isDisjoint(
            with: (merge.contributions + merge.repeated.flatMap(\.contributions)).map(\.index))
        let isSorted = zip(merge.contributions, merge.contributions.dropFirst()).allSatisfy { $0.index < $1.index }
        let isFresh = merge.contributions.allSatisfy {
            (0...policy.maximumStaleness).contains(merge.previous.version - $0.baseVersion)
        }
        let isKnown = merge.contributions.allSatisfy { contributions[$0.index] == $0 }
        guard isWhole, isClean, isSorted, isFresh, isKnown else {
            throw BrokenPromise("a merge that should not be: \(merge)")
        }
    }

    mutating func compare(_ run: TrainingRun) throws {
        guard run.height == contributions.count, run.version == version else {
            throw BrokenPromise(
                "height \(run.height), version \(run.version): seen were \(contributions.count) and \(version)")
        }
        let inUse = run.basesInUse
        guard inUse.isDisjoint(with: expendable) else {
            throw BrokenPromise("the weights of versions \(inUse.intersection(expendable)) are needed again")
        }
        expendable.formUnion(Set(0..<run.version).subtracting(inUse))
    }

    /// A host was told something: it may not be told otherwise later, and what was accepted must have been stored.
    mutating func hear(_ reply: SubmissionReply, of assignment: AssignmentID) throws {
        let earlier = promises[assignment]
        guard reply.verdict != .inconclusive else { return }
        guard earlier == nil || earlier == reply.verdict else {
            throw BrokenPromise("assignment \(assignment) was answered in two ways")
        }
        promises[assignment] = reply.verdict
        guard reply.verdict != .accepted || policy.quorum > 1 || accepted.contains(assignment) else {
            throw BrokenPromise("assignment \(assignment) was promised and not stored")
        }
        if case .uncounted = reply.verdict, !uncounted.contains(assignment) {
            throw BrokenPromise("assignment \(assignment) was promised credit and it is not stored")
        }
    }

    /// The public ledger tells the same history, entry by entry.
    func check(_ store: MemoryCoordinatorStore, project: ImaginaryProject) throws {
        var verifier = LedgerVerifier(project: project.key.verifyingKey)
        var pending: [Contribution] = []
        var history = MergeHistory()
        var seen = 0
        var version = 0
        for (index, text) in store.ledgerEntries(from: 0, limit: .max).enumerated() {
            switch try verifier.verify(text).record {
            case .opened, .joined, .revoked, .keyReplaced, .banned: break
            case .uncounted(_, let submission):
                guard uncounted.contains(try submission.unverified().assignment) else {
                    throw BrokenPromise("ledger entry \(index) was not answered like that")
                }
            case .contribution(let contribution, _):
                guard contributions[contribution.index] == contribution else {
                    throw BrokenPromise("ledger entry \(index) is not what was accepted")
                }
                pending.append(contribution)
                seen += 1
            case .audited(let answer, let submission):
                history.confirm(answer, unmerged: pending)
                guard try submission.map({ uncounted.contains(try $0.unverified().assignment) }) ?? true else {
                    throw BrokenPromise("ledger entry \(index) was not answered like that")
                }
            case .convicted(let conviction):
                guard
                    conviction.struck
                        == history.open(of: conviction.host, convictedOf: conviction.index, unmerged: pending)
                else {
                    throw BrokenPromise("ledger entry \(index) strikes what it should not")
                }
                history.strike(conviction.struck)
            case .checkpoint(let number, let height, let weights, let manifest):
                guard number > 0, let previous = try store.checkpoint(version: number - 1)?.unverified().weights else {
                    continue
                }
                let merge = history.merge(
                    version: number, height: height, previous: previous,
                    contributions: pending.prefix(policy.mergeEvery))
                pending.removeFirst(min(policy.mergeEvery, pending.count))
                history.publish(merge, unmerged: pending)
                try check(merge, weights, manifest, store, project)
                version = number
            }
        }
        guard seen == contributions.count, version == self.version, pending.isEmpty || !isFinished else {
            throw BrokenPromise("the ledger has \(seen) contributions and version \(version)")
        }
    }

    private var isFinished: Bool { version == policy.lastVersion }

    /// A version is what its contributions make of the one before.
    private func check(
        _ merge: Merge, _ weights: CheckpointReference, _ manifest: Digest, _ store: MemoryCoordinatorStore,
        _ project: ImaginaryProject
    ) throws {
        guard let signed = store.checkpoint(version: merge.version), signed.digest == manifest else {
            throw BrokenPromise("version \(merge.version) has no manifest")
        }
        guard try project.merge(merge).document == signed.document, try signed.unverified().weights == weights else {
            throw BrokenPromise("version \(merge.version) is not what its contributions make")
        }
    }
}
