import WorkUnits

/// Who gets which unit, and for how long.
extension TrainingRun {
    /// The lease of a host that holds one.
    public func lease(of host: HostID) -> Lease? {
        leaseOfHost[host].flatMap(lease)
    }

    func lease(_ assignment: AssignmentID) -> Lease? {
        guard let unit = unitOfAssignment[assignment].flatMap({ units[$0] }),
            let replica = unit.replica(assignment), replica.isLeased
        else { return nil }
        return Lease(
            assignment: assignment, host: replica.host, index: unit.index, base: unit.base, deadline: replica.deadline)
    }

    /// The answer to a work request that changes nothing; nil when a unit can be leased.
    func standingOffer(to host: HostID, at time: Timestamp) -> [Effect]? {
        if isFinished { return [.finished] }
        if let held = lease(of: host) { return [.assign(held)] }
        return nextUnit(for: host, at: time) == nil ? [.wait(policy.retry, reason: waitingReason)] : nil
    }

    mutating func issue(to host: HostID) -> [Effect] {
        if let standing = standingOffer(to: host, at: time) { return standing }
        guard let index = nextUnit(for: host, at: time) else { preconditionFailure("a unit was there a moment ago") }
        var unit = units[index] ?? OpenUnit(index: index, base: base)
        if unit.replicas.isEmpty { unit.base = base }
        let assignment = counts.issued
        let deadline = time + policy.lease
        unit.replicas.append(Replica(assignment: assignment, host: host, deadline: deadline, stage: .leased))
        units[index] = unit
        unitOfAssignment[assignment] = index
        leaseOfHost[host] = assignment
        earliestDeadline = min(earliestDeadline, deadline)
        nextIndex = max(nextIndex, index + 1)
        counts.issued += 1
        return [.assign(Lease(assignment: assignment, host: host, index: index, base: unit.base, deadline: deadline))]
    }

    /// The lowest open unit that needs a host, those that this host failed last; else a new one while there is room.
    private func nextUnit(for host: HostID, at time: Timestamp) -> Int? {
        let waiting = units.values.filter { $0.needsReplica(policy) && $0.isOpen(to: host, at: time) }
        let fresh = waiting.filter { !$0.wasFailed(by: host) }
        if let index = (fresh.isEmpty ? waiting : fresh).map(\.index).min() { return index }
        return height + units.count < issueLimit ? nextIndex : nil
    }

    /// Height plus open units stay below this.
    var issueLimit: Int {
        min(policy.mergeEvery * (version + 1 + policy.maximumStaleness), policy.lastHeight)
    }

    private var waitingReason: String {
        if let merge = dueMerge { return "version \(merge.version) is being merged" }
        return "every unit of this version is in the hands of other hosts"
    }

    /// Ends every lease whose deadline has come.
    mutating func endLeases() {
        guard earliestDeadline <= time else { return }
        for assignment in leaseOfHost.values.sorted() {
            guard let lease = lease(assignment), lease.deadline <= time else { continue }
            close(assignment, as: .expired(deadline: lease.deadline))
            counts.expired += 1
        }
        earliestDeadline = leaseOfHost.values.compactMap { lease($0)?.deadline }.min() ?? Timestamp(milliseconds: .max)
    }

    /// Takes a replica that will not count out of its unit and remembers how it ended.
    mutating func close(_ assignment: AssignmentID, as end: Outcome.End) {
        guard let index = unitOfAssignment[assignment], let replica = units[index]?.replica(assignment) else {
            preconditionFailure("assignment \(assignment) is not open")
        }
        units[index]?.fail(replica)
        forget(replica, end)
    }

    /// Removes the traces of a replica outside its unit.
    mutating func forget(_ replica: Replica, _ end: Outcome.End) {
        unitOfAssignment[replica.assignment] = nil
        if leaseOfHost[replica.host] == replica.assignment { leaseOfHost[replica.host] = nil }
        outcomes.append(Outcome(assignment: replica.assignment, host: replica.host, end: end))
        // Removing in lots keeps the cost of forgetting constant.
        if outcomes.count >= 2 * policy.rememberedOutcomes {
            outcomes.removeFirst(outcomes.count - policy.rememberedOutcomes)
        }
    }
}

/// How an assignment ended.
struct Outcome: Codable, Hashable, Sendable {
    let assignment: AssignmentID
    let host: HostID
    let end: End

    enum End: Codable, Hashable, Sendable {
        case answered(update: Digest, reply: SubmissionReply)
        case expired(deadline: Timestamp)
        case outdated(base: Int)
    }
}
