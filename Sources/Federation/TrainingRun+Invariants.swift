import WorkUnits

extension TrainingRun {
    /// What holds after every event, for tests and simulations to check.
    ///
    /// 1. Versions do not pass the last; height = M · version + unmerged contributions.
    /// 2. Every index below `nextIndex` is a contribution or an open unit, and none is both: no unit counts twice.
    /// 3. Height + open units never pass the issue limit.
    /// 4. Every unmerged contribution's staleness, in the merge it belongs to, is at most the maximum.
    /// 5. Every unit in the hands of hosts can still count, and starts from a version that exists.
    /// 6. A unit's replicas are with different, registered hosts; the indices by assignment and host agree with them.
    /// 7. No lease is past its deadline; no host holds two.
    /// 8. No unit has a quorum undecided, nor more replicas than the policy allows.
    /// 9. Issued assignments = open + accepted + rejected + expired + outdated.
    /// 10. Remembered outcomes are bounded, and none is of an open assignment.
    public func checkInvariants() throws(BrokenInvariant) {
        try require(1, version <= policy.lastVersion && height == version * policy.mergeEvery + unmerged.count)
        try checkIndices()
        for (place, contribution) in unmerged.enumerated() {
            let staleness = version + place / policy.mergeEvery - contribution.baseVersion
            try require(4, (0...policy.maximumStaleness).contains(staleness), "unit \(contribution.index)")
        }
        var leases = 0
        for unit in units.values {
            try check(unit)
            leases += unit.replicas.count(where: \.isLeased)
        }
        let replicas = units.values.reduce(0) { $0 + $1.replicas.count }
        try require(6, unitOfAssignment.count == replicas)
        try require(7, leaseOfHost.count == leases)
        let ended = counts.accepted + counts.rejected + counts.expired + counts.outdated
        try require(9, counts.issued == replicas + ended)
        try require(10, outcomes.count <= max(1, 2 * policy.rememberedOutcomes))
        try require(10, outcomes.allSatisfy { unitOfAssignment[$0.assignment] == nil })
    }

    private func checkIndices() throws(BrokenInvariant) {
        let pending = Set(unmerged.map(\.index))
        try require(2, pending.count == unmerged.count && pending.allSatisfy { $0 < nextIndex && units[$0] == nil })
        try require(2, units.allSatisfy { $0 == $1.index && $0 < nextIndex })
        try require(2, nextIndex == height + units.count)
        try require(3, height + units.count <= issueLimit)
    }

    private func check(_ unit: OpenUnit) throws(BrokenInvariant) {
        let about = "unit \(unit.index)"
        guard !unit.replicas.isEmpty else { return }
        try require(5, (oldestUsefulBase...version).contains(unit.base.version), about)
        try require(6, Set(unit.replicas.map(\.host)).count == unit.replicas.count, about)
        for replica in unit.replicas {
            try require(6, replica.assignment < counts.issued && hosts[replica.host] != nil, about)
            try require(6, unitOfAssignment[replica.assignment] == unit.index, about)
            guard replica.isLeased else { continue }
            try require(7, replica.deadline > time && earliestDeadline <= replica.deadline, about)
            try require(7, leaseOfHost[replica.host] == replica.assignment, about)
        }
        try require(8, unit.replicas.count <= policy.maximumReplicas, about)
        try require(8, (unit.agreements.first?.count ?? 0) < policy.quorum, about)
    }

    private func require(_ number: Int, _ holds: Bool, _ about: @autoclosure () -> String = "") throws(BrokenInvariant)
    {
        guard holds else { throw BrokenInvariant(number: number, about: about(), revision: revision) }
    }
}

/// A mistake in the rules themselves.
public struct BrokenInvariant: Error, Hashable, Sendable, CustomStringConvertible {
    /// As numbered at `TrainingRun.checkInvariants`.
    public var number: Int
    public var about: String
    public var revision: Int

    public var description: String { "invariant \(number) is broken after event \(revision) \(about)" }
}
