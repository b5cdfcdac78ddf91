import Federation
import WorkUnits

/// The volunteers' side: ask, fetch, train, send, and ask again when there is no answer.
extension SimulatedRun {
    /// Without an answer after so many seconds, a message is sent again.
    private static let impatience = 30.0...60.0

    mutating func ring(_ host: Int) throws {
        if case .training(let lease, let act) = hosts[host].doing { return try finishTraining(lease, act, host) }
        guard let message = hosts[host].message else { return }
        send(.arrival(host: host, message), host: host)
        after(hosts[host].traits.random.within(Self.impatience), of: host)
    }

    mutating func hear(_ reply: Reply, _ host: Int) throws {
        switch (hosts[host].doing, reply) {
        case (.registering, .registered): begin(.asking, host)
        case (.asking, .work(.assign(let lease))): try train(lease, host)
        case (.asking, .work(.wait(let seconds, _))):
            begin(.asking, host, after: seconds.count * hosts[host].traits.random.within(1...1.5))
        case (.asking, .work(.finished)): hosts[host].begin(.nothing)
        case (.asking, .refused(.unknownHost)): begin(.registering, host)
        case (.asking, .refused(.convicted)): leave(host)
        case (.submitting(let lease, _), .submission(let assignment, let reply)) where lease.assignment == assignment:
            work.heard(reply.verdict, of: assignment, host: host)
            begin(.asking, host)
        case (.submitting(let lease, _), .refused):
            work.abandon(lease.assignment)
            begin(.asking, host)
        default: break  // Late or doubled: about something that this host is not doing any more.
        }
    }

    private mutating func begin(_ doing: SimulatedHost.Doing, _ host: Int, after delay: Double = 0) {
        hosts[host].begin(doing)
        after(delay, of: host)
    }

    private mutating func train(_ lease: Lease, _ host: Int) throws {
        let act = act(on: lease, of: host)
        let traits = hosts[host].traits
        let bytes = try work.take(lease, host: host, act: act) + fetch(lease.unit.base, host)
        tally.bytesDown += bytes
        hosts[host].begin(.training(lease, act))
        let whole = 60 * settings.unitMinutes * Double(lease.unit.steps.count) / Double(unitSteps) / traits.speed
        if let finish = after(Double(bytes) / traits.downlink + act.effort * whole, of: host) {
            try work.begin(lease, host: host, finish: finish)
        } else {
            work.abandon(lease.assignment)
        }
    }

    /// The bytes that bring a host to a version: the steps from the one that it has, unless the weights are smaller.
    private mutating func fetch(_ base: CheckpointReference, _ host: Int) -> Int {
        let held = hosts[host].heldVersion
        hosts[host].heldVersion = base.version
        guard let held, held <= base.version else { return base.bytes }
        var bytes = 0
        for version in held..<base.version {
            guard let step = stepBytes[version + 1], bytes + step < base.bytes else { return base.bytes }
            bytes += step
        }
        return bytes
    }

    private mutating func finishTraining(_ lease: Lease, _ act: Act, _ host: Int) throws {
        // A host asks before it uploads: what nobody waits for is not sent.
        guard isAwaited(lease) else {
            work.abandon(lease.assignment)
            return begin(.asking, host)
        }
        let made = try work.update(of: lease, host: host, act: act, isRead: ledger != nil || canCount(lease))
        tally.bytesUp += made.bytes
        hosts[host].answers += 1
        trust.give(made, act: act, to: lease, by: host)
        let submission = submission(of: lease, made, host: hosts[host].traits.name)
        begin(.submitting(lease, submission), host, after: Double(made.bytes) / hosts[host].traits.uplink)
    }
}
