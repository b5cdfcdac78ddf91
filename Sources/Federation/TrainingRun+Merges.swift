import WorkUnits

/// When contributions become a version.
extension TrainingRun {
    /// The merge that is due: the oldest `mergeEvery` contributions, in the order of averaging.
    public var dueMerge: Merge? {
        guard unmerged.count >= policy.mergeEvery else { return nil }
        return Merge(
            version: version + 1, height: (version + 1) * policy.mergeEvery, previous: base,
            contributions: unmerged.prefix(policy.mergeEvery).sorted { ($0.index, $0.host) < ($1.index, $1.host) })
    }

    /// The lowest version that a contribution accepted now may be trained from.
    var oldestUsefulBase: Int { height / policy.mergeEvery - policy.maximumStaleness }

    /// After a contribution: at a merge height, takes back units that can no longer count, and asks for the merge
    /// unless an earlier one is still being computed.
    mutating func closeHeight() -> [Effect] {
        guard height.isMultiple(of: policy.mergeEvery) else { return [] }
        var effects: [Effect] = []
        for unit in units.values.sorted(by: { $0.index < $1.index }) where unit.base.version < oldestUsefulBase {
            effects += unit.replicas.compactMap { takeBack($0, base: unit.base.version) }
        }
        if unmerged.count == policy.mergeEvery, let merge = dueMerge { effects.append(.merge(merge)) }
        return effects
    }

    private mutating func takeBack(_ replica: Replica, base: Int) -> Effect? {
        counts.outdated += 1
        guard let submission = replica.submission else {
            close(replica.assignment, as: .outdated(base: base))
            return nil
        }
        let verdict = Verdict.rejected(reason: Refused.outdated(replica.assignment, base: base).description)
        let reply = SubmissionReply(verdict: verdict, height: height)
        close(replica.assignment, as: .answered(update: submission.body.update, reply: reply))
        return .answer(replica.assignment, reply)
    }

    mutating func publish(_ reference: CheckpointReference, manifest: Digest) -> [Effect] {
        base = reference
        unmerged.removeFirst(policy.mergeEvery)
        let record = Record.checkpoint(reference, height: version * policy.mergeEvery, manifest: manifest)
        return [.record(record)] + (dueMerge.map { [.merge($0)] } ?? [])
    }
}
