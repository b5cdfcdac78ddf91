import Federation
import WorkUnits

/// The volunteers' side: ask, fetch, train, send, and ask again when there is no answer.
extension SimulatedRun {
    /// Without an answer after so many seconds, a message is sent again.
    private static let impatience = 30.0...60.0

    mutating func ring(_ host: Int) throws {
        if case .training(let lease) = hosts[host].doing { return try finishTraining(lease, host) }
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
        let traits = hosts[host].traits
        var bytes = try work.unitBytes(of: lease, host: host)
        if hosts[host].heldVersion != lease.unit.base.version { bytes += lease.unit.base.bytes }
        hosts[host].heldVersion = lease.unit.base.version
        tally.bytesDown += bytes
        hosts[host].begin(.training(lease))
        let training = 60 * settings.unitMinutes * Double(lease.unit.steps.count) / Double(unitSteps) / traits.speed
        if let finish = after(Double(bytes) / traits.downlink + training, of: host) {
            try work.begin(lease, host: host, finish: finish)
        } else {
            work.abandon(lease.assignment)
        }
    }

    private mutating func finishTraining(_ lease: Lease, _ host: Int) throws {
        // A host asks before it uploads: what nobody waits for is not sent.
        guard isAwaited(lease) else {
            work.abandon(lease.assignment)
            return begin(.asking, host)
        }
        let made = try work.update(of: lease, host: host, counts: canCount(lease))
        tally.bytesUp += made.bytes
        let submission = submission(of: lease, made, host: hosts[host].traits.name)
        begin(.submitting(lease, submission), host, after: Double(made.bytes) / hosts[host].traits.uplink)
    }
}
