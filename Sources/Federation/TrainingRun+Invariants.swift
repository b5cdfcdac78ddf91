import WorkUnits

extension TrainingRun {
    /// What holds after every event, for tests and simulations to check.
    ///
    /// 1. Versions do not pass the last; height = M · version + unmerged contributions.
    /// 2. Every index below `nextIndex` is a contribution or an open unit, and none is both: no unit counts twice.
    /// 3. Height + open units never pass the issue limit.
    /// 4. Every unmerged contribution's staleness, in the merge it belongs to, is at most the maximum.
    /// 5. Every unit in the hands of hosts in time can still count, and starts from a version that exists.
    /// 6. A unit's replicas are with different, registered hosts; the indices by assignment and host agree with them. A unit
    ///    that counts is kept for its replicas alone.
    /// 7. A lease past its deadline is late, and what happens to a lease next is due; no host holds two.
    /// 8. No unit has a quorum undecided, nor as many sound replicas as end in disagreement. Vacant are those that need a host.
    /// 9. Issued assignments = open + accepted + uncounted + audited + rejected + expired.
    /// 10. Remembered outcomes are bounded, and none is of an open assignment.
    /// 11. Open units are in different steps of the data, which nobody else can get.
    /// 12. Nobody holds a unit, or waits for a verdict, who was revoked or banned.
    /// 13. An audit is by another host than answered, or confirmed the answer, and the coordinator takes over every audit that no host does.
    /// 14. No host has fewer than no answers that are audited.
    /// 15. When all contributions are in, no audit waits while neither a host nor the coordinator is at one; the last version is
    ///     due when there is none.
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
        try require(7, due.first.map { replica($0.assignment)?.isLeased == true } ?? (leases == 0))
        try require(8, vacant == units.values.filter { $0.needsReplica(policy) }.map(\.index).sorted())
        let ended = counts.accepted + counts.uncounted + counts.audited + counts.rejected + counts.expired
        try require(9, counts.issued == replicas + ended)
        try checkOutcomes()
        try checkData()
        try checkAudits()
    }

    private func checkAudits() throws(BrokenInvariant) {
        if height == policy.lastHeight {
            try require(15, vacant.isEmpty || units.values.contains(where: \.isReplayed))
            let isWaited = !undrawn.isEmpty || units.values.contains { !$0.audits.isEmpty }
            try require(15, isFinished || version + 1 < policy.lastVersion || isMergeDue != isWaited)
        }
        for unit in units.values {
            guard let audit = unit.audits.first else { continue }
            let about = "unit \(unit.index)"
            try require(13, audit.auditor.flatMap(replica).map { !audit.hosts.contains($0.host) } ?? true, about)
            try require(13, audit.stage != .waiting || auditsDue.contains { $0.unit == unit.index }, about)
            try require(13, audit.stage == .waiting || replay(of: unit.index) != nil, about)
        }
        // Looking at a million hosts after every event takes too long: at those that are at something.
        for host in leaseOfHost.keys {
            try require(14, (hosts[host]?.openAudits ?? 0) >= 0 && (hosts[host]?.sinceDraw ?? 0) >= 0)
        }
    }

    /// Marks instead of looking each up: there are thousands of outcomes, and this is checked after every event.
    private func checkOutcomes() throws(BrokenInvariant) {
        try require(10, outcomes.count <= max(1, 2 * policy.rememberedOutcomes))
        guard let first = unitOfAssignment.keys.min() else { return }
        var isOpen = [Bool](repeating: false, count: counts.issued - first)
        for assignment in unitOfAssignment.keys { isOpen[assignment - first] = true }
        try require(10, outcomes.allSatisfy { $0.assignment < first || !isOpen[$0.assignment - first] })
    }

    private func checkIndices() throws(BrokenInvariant) {
        let pending = Set(unmerged.map(\.index))
        let open = units.values.count(where: \.isOpen)
        try require(2, pending.count == unmerged.count)
        try require(2, pending.allSatisfy { $0 < nextIndex && units[$0]?.isOpen != true })
        try require(2, units.allSatisfy { $0 == $1.index && $0 < nextIndex })
        try require(2, nextIndex == height + open)
        try require(3, height + open <= issueLimit)
    }

    private func check(_ unit: OpenUnit) throws(BrokenInvariant) {
        let about = "unit \(unit.index)"
        try require(6, unit.isNeeded, about)
        try require(6, Set(unit.replicas.map(\.host)).count == unit.replicas.count, about)
        if unit.isOpen, !unit.timely.isEmpty {
            try require(5, canCount(unit.issue) && unit.issue.base.version <= version, about)
        }
        for replica in unit.replicas {
            try require(6, replica.assignment < counts.issued && hosts[replica.host] != nil, about)
            try require(6, unitOfAssignment[replica.assignment] == unit.index, about)
            try require(6, replica.issue.index == unit.index, about)
            try require(12, (try? requireStanding(replica.host)) != nil, about)
            guard replica.isLeased else { continue }
            try require(7, replica.isLate || replica.deadline > time, about)
            try require(7, leaseOfHost[replica.host] == replica.assignment, about)
        }
        try require(8, unit.replicas.count { $0.soundContent != nil } < policy.maximumReplicas, about)
        try require(8, !unit.isOpen || (unit.agreements.first?.count ?? 0) < policy.quorum, about)
    }

    private func checkData() throws(BrokenInvariant) {
        try require(11, data.isSound)
        var pieces = data.free
        for unit in units.values where unit.isOpen {
            let shard = unit.issue.steps.lowerBound / policy.unitSteps
            try require(11, !unit.issue.steps.isEmpty && (unit.issue.steps.upperBound - 1) / policy.unitSteps == shard)
            pieces.append(unit.issue.steps)
        }
        pieces.sort { $0.lowerBound < $1.lowerBound }
        try require(11, zip(pieces, pieces.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound })
        try require(11, pieces.last.map { $0.upperBound <= data.next } ?? true)
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
