import WorkUnits

/// Who gets which unit, and for how long.
extension TrainingRun {
    /// The lease of a host that holds one, late or not.
    public func lease(of host: HostID) -> Lease? {
        replicaHeld(by: host).map(Lease.init)
    }

    private func replicaHeld(by host: HostID) -> Replica? {
        leaseOfHost[host].flatMap(replica)
    }

    func replica(_ assignment: AssignmentID) -> Replica? {
        unitOfAssignment[assignment].flatMap { units[$0]?.replica(assignment) }
    }

    /// The answer to a work request that changes nothing; nil when a unit can be leased, or a lease renewed.
    func standingOffer(to host: HostID, at time: Timestamp) -> [Effect]? {
        if isFinished, !isAuditor(host), vacantUnit(for: host, at: time) == nil { return [.finished] }
        if let held = replicaHeld(by: host) { return time < held.deadline ? [.assign(Lease(held))] : nil }
        return canIssue(to: host, at: time) ? nil : [.wait(policy.retry, reason: waitingReason(of: host))]
    }

    mutating func issue(to host: HostID) -> [Effect] {
        if let late = replicaHeld(by: host), time >= late.deadline {
            if let renewed = renew(late) { return [.assign(renewed)] }
            close(late.assignment, as: .expired(deadline: late.deadline))
            counts.expired += 1
        }
        if let standing = standingOffer(to: host, at: time) { return standing }
        guard let known = hosts[host] else { preconditionFailure("\(host) is registered") }
        let issue = vacantUnit(for: host, at: time).map { vacant($0, for: known) } ?? newUnit(for: known)
        let assignment = counts.issued
        let deadline = time + policy.lease(of: issue.steps.count, for: known)
        let replica = Replica(
            assignment: assignment, host: host, issue: issue, issued: time, deadline: deadline,
            end: deadline + policy.patience)
        change(issue.index) { $0.replicas.append(replica) }
        unitOfAssignment[assignment] = issue.index
        leaseOfHost[host] = assignment
        due.add(assignment, at: replica.deadline)
        counts.issued += 1
        return [.assign(Lease(replica))]
    }

    /// Who comes back late to work that can still count may go on with it. It stays late: others may have the unit too.
    private mutating func renew(_ late: Replica) -> Lease? {
        guard let unit = unitOfAssignment[late.assignment].flatMap({ units[$0] }),
            unit.isOpen && canCount(late.issue) || unit.audit?.answer.issue == late.issue, let known = hosts[late.host]
        else { return nil }
        var renewed = late
        renewed.deadline = min(time + policy.lease(of: late.issue.steps.count, for: known), late.end)
        change(unit.index) { unit in unit.change(late.assignment) { $0 = renewed } }
        return Lease(renewed)
    }

    private func canIssue(to host: HostID, at time: Timestamp) -> Bool {
        nextIndex < issueLimit && !isFinished && mayGoOn(host) || vacantUnit(for: host, at: time) != nil
    }

    /// The lowest unit that needs a host, those that this host failed last.
    private func vacantUnit(for host: HostID, at time: Timestamp) -> Int? {
        let open = vacant.filter { index in
            units[index].map { unit in
                unit.isFree(for: host, at: time)
                    && (unit.audit == nil ? mayGoOn(host) : mayAudit(unit, host, at: time))
            } ?? false
        }
        return open.first { units[$0]?.wasFailed(by: host) == false } ?? open.first
    }

    /// Whether a host gets a unit that is no audit.
    private func mayGoOn(_ host: HostID) -> Bool {
        policy.audit.share == 0 || hosts[host]?.mayGoOn ?? false
    }

    /// A unit that nobody is at starts again from the newest version, with no more steps than suit the host.
    private mutating func vacant(_ index: Int, for host: KnownHost) -> IssuedUnit {
        guard let unit = units[index] else { preconditionFailure("unit \(index) is vacant") }
        guard unit.isOpen, unit.audit == nil, unit.isAbandoned else { return unit.offer }
        let steps = unit.issue.steps
        let kept = steps.prefix(policy.steps(for: host))
        data.giveBack(kept.upperBound..<steps.upperBound)
        let issue = IssuedUnit(index: index, base: base, steps: kept)
        change(index) { $0.issue = issue }
        return issue
    }

    private mutating func newUnit(for host: KnownHost) -> IssuedUnit {
        let issue = IssuedUnit(index: nextIndex, base: base, steps: data.take(policy.steps(for: host)))
        nextIndex += 1
        units[issue.index] = OpenUnit(issue)
        return issue
    }

    /// Indices stay below this: height plus open units.
    var issueLimit: Int {
        min(policy.mergeEvery * (version + 1 + policy.maximumStaleness), policy.lastHeight)
    }

    private func waitingReason(of host: HostID) -> String {
        if !mayGoOn(host) {
            return hosts[host]?.isConfirmed == true
                ? "another host trains an answer of yours again; there is more to do once it agrees"
                : "another host trains your first answer again; there is more to do once it agrees"
        }
        if isMergeDue { return "version \(version + 1) is being merged" }
        if height == policy.lastHeight { return "every contribution is in, and the last version waits for audits" }
        return "every unit of this version is in the hands of other hosts"
    }

    /// Whether a contribution that is accepted now may be trained from this base.
    func canCount(_ issue: IssuedUnit) -> Bool { issue.base.version >= oldestUsefulBase }

    /// Lets the leases be late whose deadline has come, and forgets those that were late for long.
    mutating func endLeases() {
        while let next = due.first, next.time <= time {
            due.removeFirst()
            guard let replica = replica(next.assignment), replica.isLeased,
                let index = unitOfAssignment[next.assignment]
            else { continue }
            if replica.isLate {
                close(next.assignment, as: .expired(deadline: replica.deadline))
                counts.expired += 1
            } else {
                change(index) { unit in unit.change(next.assignment) { $0.isLate = true } }
                hosts[replica.host]?.missedDeadline()
                counts.late += 1
                due.add(next.assignment, at: replica.end)
            }
        }
    }

    /// Lets go of what is due for nobody, so that `due.first` is what happens next.
    ///
    /// One slow lease keeps those behind it waiting that were answered long ago: when they are most of all, they go.
    mutating func skipDue() {
        while let next = due.first, replica(next.assignment)?.isLeased != true { due.removeFirst() }
        guard due.heap.count > 2 * leaseOfHost.count + 1024 else { return }
        let leased = due.heap.filter { replica($0.assignment)?.isLeased == true }
        due = DueTimes(leased)
    }

    /// Takes a replica that will not count out of its unit and remembers how it ended.
    mutating func close(_ assignment: AssignmentID, as end: Outcome.End) {
        guard let index = unitOfAssignment[assignment], let replica = units[index]?.replica(assignment) else {
            preconditionFailure("assignment \(assignment) is not open")
        }
        change(index) { $0.fail(replica) }
        forget(replica, end)
    }

    /// Changes a unit, and what is said of it elsewhere: whether it needs a host, and that it is gone.
    mutating func change(_ index: Int, _ body: (inout OpenUnit) -> Void) {
        guard var unit = units.removeValue(forKey: index) else { preconditionFailure("unit \(index) is gone") }
        body(&unit)
        if unit.isNeeded { units[index] = unit }
        let place = vacant.firstIndex { $0 >= index } ?? vacant.count
        let isListed = place < vacant.count && vacant[place] == index
        switch (isListed, unit.needsReplica(policy)) {
        case (true, false): vacant.remove(at: place)
        case (false, true): vacant.insert(index, at: place)
        case (true, true), (false, false): break
        }
    }

    /// Removes the traces of a replica outside its unit.
    mutating func forget(_ replica: Replica, _ end: Outcome.End) {
        unitOfAssignment[replica.assignment] = nil
        if leaseOfHost[replica.host] == replica.assignment { leaseOfHost[replica.host] = nil }
        outcomes.remember(
            Outcome(assignment: replica.assignment, host: replica.host, end: end), most: policy.rememberedOutcomes)
    }
}

extension Lease {
    init(_ replica: Replica) {
        self.init(
            assignment: replica.assignment, host: replica.host, unit: replica.issue, deadline: replica.deadline)
    }
}
