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
        for (place, contribution) in unmerged.enumerated() {
            let staleness = version + place / policy.mergeEvery - contribution.baseVersion
            try require(4, (0...policy.maximumStaleness).contains(staleness), unit: contribution.index)
        }
        var seen = Seen()
        for (index, unit) in units {
            try require(2, index == unit.index && index < nextIndex)
            try check(unit)
            seen.add(unit, policy)
        }
        try checkIndices(open: seen.open)
        try require(6, unitOfAssignment.count == seen.replicas)
        try require(7, leaseOfHost.count == seen.leases)
        try require(7, due.first.map { replica($0.assignment)?.isLeased == true } ?? (seen.leases == 0))
        try require(8, zip(vacant, vacant.dropFirst()).allSatisfy(<) && vacant.count == seen.vacant)
        try require(8, vacant.allSatisfy { units[$0]?.needsReplica(policy) == true })
        let ended = counts.accepted + counts.uncounted + counts.audited + counts.rejected + counts.expired
        try require(9, counts.issued == seen.replicas + ended)
        try require(10, outcomes.count <= max(1, 2 * policy.rememberedOutcomes))
        try require(10, !unitOfAssignment.keys.contains(where: outcomes.contains))
        try checkData(open: seen.steps)
        if height == policy.lastHeight {
            try require(15, vacant.isEmpty || seen.isReplayed)
            let isWaited = !undrawn.isEmpty || seen.isAudited
            try require(15, isFinished || version + 1 < policy.lastVersion || isMergeDue != isWaited)
        }
    }

    /// What all units come to.
    private struct Seen {
        var open = 0
        var replicas = 0
        var leases = 0
        var vacant = 0
        var steps: [Range<Int>] = []
        var isAudited = false
        var isReplayed = false

        mutating func add(_ unit: OpenUnit, _ policy: RunPolicy) {
            replicas += unit.replicas.count
            leases += unit.replicas.count(where: \.isLeased)
            if unit.needsReplica(policy) { vacant += 1 }
            if !unit.audits.isEmpty { isAudited = true }
            if unit.isReplayed { isReplayed = true }
            guard unit.isOpen else { return }
            open += 1
            steps.append(unit.issue.steps)
        }
    }

    private func checkIndices(open: Int) throws(BrokenInvariant) {
        try require(2, Set(unmerged.lazy.map(\.index)).count == unmerged.count)
        try require(2, unmerged.allSatisfy { $0.index < nextIndex && units[$0.index]?.isOpen != true })
        try require(2, nextIndex == height + open)
        try require(3, height + open <= issueLimit)
    }

    private func check(_ unit: OpenUnit) throws(BrokenInvariant) {
        try require(6, unit.isNeeded, unit: unit.index)
        if unit.isOpen, !unit.isAbandoned {
            try require(5, canCount(unit.issue) && unit.issue.base.version <= version, unit: unit.index)
        }
        // By their places: a replica is large.
        for place in unit.replicas.indices {
            try check(unit.replicas[place], of: unit.index)
            for earlier in 0..<place {
                try require(6, unit.replicas[earlier].host != unit.replicas[place].host, unit: unit.index)
            }
        }
        try require(8, unit.replicas.count(where: \.isSound) < policy.maximumReplicas, unit: unit.index)
        try require(8, !unit.isOpen || (unit.agreements.first?.count ?? 0) < policy.quorum, unit: unit.index)
        guard let audit = unit.audits.first else { return }
        try require(13, audit.auditor.flatMap(replica).map { !audit.hosts.contains($0.host) } ?? true, unit: unit.index)
        try require(13, audit.stage != .waiting || auditsDue.contains { $0.unit == unit.index }, unit: unit.index)
        try require(13, audit.stage == .waiting || replay(of: unit.index) != nil, unit: unit.index)
    }

    private func check(_ replica: Replica, of unit: Int) throws(BrokenInvariant) {
        try require(6, replica.assignment < counts.issued && replica.issue.index == unit, unit: unit)
        try require(6, unitOfAssignment[replica.assignment] == unit, unit: unit)
        guard let host = hosts[replica.host] else { throw broken(6, unit: unit) }
        try require(12, (try? members.requireStanding(replica.host, host.member)) != nil, unit: unit)
        // Looking at a million hosts after every event takes too long: at those that are at something.
        try require(14, host.openAudits >= 0 && host.sinceDraw >= 0, unit: unit)
        guard replica.isLeased else { return }
        try require(7, replica.isLate || replica.deadline > time, unit: unit)
        try require(7, leaseOfHost[replica.host] == replica.assignment, unit: unit)
    }

    private func checkData(open: [Range<Int>]) throws(BrokenInvariant) {
        try require(11, data.isSound)
        try require(
            11,
            open.allSatisfy {
                !$0.isEmpty && ($0.upperBound - 1) / policy.unitSteps == $0.lowerBound / policy.unitSteps
            })
        let pieces = (data.free + open).sorted { $0.lowerBound < $1.lowerBound }
        try require(11, zip(pieces, pieces.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound })
        try require(11, pieces.last.map { $0.upperBound <= data.next } ?? true)
    }

    private func require(_ number: Int, _ holds: Bool, unit: Int? = nil) throws(BrokenInvariant) {
        guard holds else { throw broken(number, unit: unit) }
    }

    private func broken(_ number: Int, unit: Int?) -> BrokenInvariant {
        BrokenInvariant(number: number, unit: unit, revision: revision)
    }
}

/// A mistake in the rules themselves.
public struct BrokenInvariant: Error, Hashable, Sendable, CustomStringConvertible {
    /// As numbered at `TrainingRun.checkInvariants`.
    public var number: Int
    /// The unit that it is about; nil for none.
    public var unit: Int?
    public var revision: Int

    public var description: String {
        "invariant \(number) is broken after event \(revision)\(unit.map { " for unit \($0)" } ?? "")"
    }
}
