import WorkUnits

/// When contributions become a version.
extension TrainingRun {
    /// Whether the next version can be made. The last one waits for the audits that are open.
    public var isMergeDue: Bool {
        guard unmerged.count >= policy.mergeEvery else { return false }
        return version + 1 < policy.lastVersion || undrawn.isEmpty && units.values.allSatisfy { $0.audits.isEmpty }
    }

    /// The merge that is due: the oldest `mergeEvery` contributions, in the order of averaging.
    public var dueMerge: Merge? {
        guard isMergeDue else { return nil }
        return history.merge(
            version: version + 1, height: (version + 1) * policy.mergeEvery, previous: base,
            contributions: unmerged.prefix(policy.mergeEvery))
    }

    /// The lowest version that a contribution accepted now may be trained from.
    var oldestUsefulBase: Int { height / policy.mergeEvery - policy.maximumStaleness }

    /// Versions whose weights somebody needs: the newest, from which units are issued, those of hosts that hold a unit or wait
    /// for its judgement, those of answers that are or may be audited, and those that a merge may have to begin at. One that is
    /// none of these is never again.
    public var basesInUse: Set<Int> {
        let mayRepeat = policy.audit.share > 0 ? history.bases : []
        let waiting = undrawn.map(\.issue.base.version)
        return units.values.reduce(into: Set([version] + mayRepeat + waiting)) { bases, unit in
            for replica in unit.replicas { bases.insert(replica.issue.base.version) }
            for audit in unit.audits { bases.insert(audit.answer.issue.base.version) }
        }
    }

    /// After a contribution: at a merge height, lets units that can no longer count start again.
    mutating func closeHeight() -> [Effect] {
        guard height.isMultiple(of: policy.mergeEvery) else { return [] }
        var effects: [Effect] = []
        for unit in units.values.sorted(by: { $0.index < $1.index }) where unit.isOpen && !canCount(unit.issue) {
            effects += startAgain(unit)
        }
        return effects
    }

    /// Whoever is at it may still answer. Who answered and waits for others waits in vain.
    private mutating func startAgain(_ unit: OpenUnit) -> [Effect] {
        let newest = base
        change(unit.index) { $0.issue.base = newest }
        let late = unit.replicas.filter {
            $0.isSound && !canCount($0.issue) && !unit.isDisputed($0.assignment)
        }
        return late.map {
            reject($0, .rejected(reason: "version \($0.issue.base.version) became too old before others confirmed it"))
        }
    }

    mutating func publish(_ reference: CheckpointReference, manifest: Digest) -> [Effect] {
        guard let merge = dueMerge else { preconditionFailure("version \(reference.version) is due") }
        base = reference
        unmerged.removeFirst(policy.mergeEvery)
        history.publish(merge, unmerged: unmerged)
        return [.record(.checkpoint(reference, height: version * policy.mergeEvery, manifest: manifest))]
    }
}
