import Coordination
import Federation
import WorkUnits

/// The volunteers' side: ask, train, submit, and ask again when there is no answer.
extension Simulation {
    /// Without an answer after this many seconds, a message is sent again.
    private static let impatience = 30.0

    mutating func ring(_ host: Int, _ step: Int) throws {
        guard hosts[host].step == step else { return }
        if case .training(let lease) = hosts[host].doing {
            let drift =
                chance(settings.garbage) ? 99 : chance(settings.drifting) ? Int.random(in: 1...2, using: &random) : 0
            let submission = try hosts[host].submission(of: lease, project: project.key.verifyingKey, drift: drift)
            hosts[host].begin(.submitting(submission))
        }
        guard let message = hosts[host].message else { return }
        send(.arrival(host: host, message))
        after(Self.impatience...(2 * Self.impatience), .timer(host: host, step: hosts[host].step))
    }

    mutating func hear(_ reply: Reply, _ host: Int) throws {
        if case .submission(let assignment, let reply) = reply { try witness.hear(reply, of: assignment) }
        switch (hosts[host].doing, reply) {
        case (.registering, .registered): begin(.asking, host)
        case (.asking, .work(.assign(let lease))): train(lease, host)
        case (.asking, .work(.wait(let seconds, _))): begin(.asking, host, after: seconds.count...(1.5 * seconds.count))
        case (.asking, .work(.finished)): hosts[host].begin(.nothing)
        case (.asking, .refused(.unknownHost)): begin(.registering, host)
        case (.submitting(let mine), .submission(let assignment, _)) where mine.body.assignment == assignment:
            begin(.asking, host)
        case (.submitting, .refused): begin(.asking, host)
        default: break  // Late or doubled: about something that this host is not doing any more.
        }
    }

    private mutating func begin(_ doing: SimulatedHost.Doing, _ host: Int, after delay: ClosedRange<Double> = 0...1) {
        hosts[host].begin(doing)
        after(delay, .timer(host: host, step: hosts[host].step))
    }

    private mutating func train(_ lease: Lease, _ host: Int) {
        let pace = hosts[host].pace * Double(lease.unit.steps.count) / Double(settings.policy.unitSteps)
        var time = (0.9 * pace)...(1.3 * pace)
        if chance(settings.vanishing) {
            if chance(0.1) { return hosts[host].begin(.nothing) }
            time = settings.policy.lease.count...(5 * settings.policy.lease.count)
        }
        begin(.training(lease), host, after: time)
    }
}
