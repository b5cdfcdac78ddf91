import Federation
import Recipes
import WorkUnits

/// A training run with its volunteers, in one plain loop from one seed: the real rules, between hosts that differ, vanish and
/// come back, and a network that loses messages. After every event that changed the run, all its invariants are checked.
///
/// What happens depends on the recipe and the settings, on no clock and no thread.
struct SimulatedRun {
    let settings: SimulationSettings
    let unitSteps: Int
    let work: any SimulatedWork
    var run: TrainingRun
    var hosts: [SimulatedHost]
    var queue = EventQueue<Happening>()
    var now = Timestamp(milliseconds: 0)
    /// Draws which messages get lost.
    var network: RandomStream
    /// The host of every open assignment.
    var hostOfAssignment: [AssignmentID: Int] = [:]
    var numberOfHost: [HostID: Int] = [:]
    /// By version, the size of the step to it from the one before.
    var stepBytes: [Int: Int] = [:]
    var tally = Tally()
    /// Nil where nothing is audited.
    var ledger: SimulatedLedger?
    var trust: TrustTally
    /// By number, the accomplice of a host that has one.
    let pairs: [Int: Int]
    /// Called with every version.
    let report: (VersionRecord) throws -> Void

    /// What happened so far.
    struct Tally {
        var events = 0
        /// Events that changed the run, each followed by a check of all invariants.
        var checks = 0
        var bytesUp = 0
        var bytesDown = 0
        var mergedTokens = 0
        /// Milliseconds at which the last version was published.
        var lastVersion: Int64 = 0
    }

    enum Happening {
        case arrival(host: Int, TrainingRun.Event)
        case reply(host: Int, Reply)
        case timer(host: Int, step: Int)
        case judged(Judging)
        case merged(Merge)
        case replayed(Replay)
        case tick
    }

    enum Reply {
        case registered
        case work(TrainingRun.Effect)
        case submission(AssignmentID, SubmissionReply)
        case refused(Refused)
    }

    /// Without a version for so many days, a run has stalled.
    private static let patience: Int64 = 30 * 86_400_000

    init(
        recipe: Recipe, settings: SimulationSettings, work: any SimulatedWork, base: CheckpointReference,
        report: @escaping (VersionRecord) throws -> Void
    ) throws {
        self.settings = settings
        self.work = work
        self.report = report
        unitSteps = recipe.unit.steps
        // Hosts that hold different text, or hold back different things, cannot come to each other's updates.
        var policy = recipe.policy
        if settings.text != .shared || recipe.federation.errorFeedback { policy.audit = AuditRule(share: 0) }
        run = try TrainingRun(policy: policy, base: base, at: now)
        if policy.audit.share > 0 { ledger = try SimulatedLedger(recipe) }
        hosts = HostTraits.draw(settings).map(SimulatedHost.init)
        trust = TrustTally(hosts: hosts.count, tokensPerStep: policy.tokensPerStep)
        pairs = Self.pairs(hosts)
        network = RandomStream(seed: settings.seed, stream: .max - 1)
        for number in hosts.indices {
            numberOfHost[hosts[number].traits.name] = number
            after(0, of: number)
        }
        queue.add(.tick, at: now + Self.tickInterval)
    }

    /// Lets things happen until the run is finished.
    ///
    /// - Parameter shouldStop: asked before every event.
    /// - Returns: false when it was stopped.
    /// - Throws: among others `StalledRun`.
    mutating func go(shouldStop: () -> Bool) throws -> Bool {
        while !run.isFinished {
            if shouldStop() { return false }
            guard let next = queue.next(), next.time.milliseconds - tally.lastVersion < Self.patience else {
                throw StalledRun(version: run.version, height: run.height, hosts: settings.hosts)
            }
            now = next.time
            tally.events += 1
            try happen(next.event)
        }
        return true
    }

    private mutating func happen(_ happening: Happening) throws {
        switch happening {
        case .arrival(let host, let event): try receive(event, from: host)
        case .reply(let host, let reply):
            if hosts[host].traits.availability.isOn(at: seconds) { try hear(reply, host) }
        case .timer(let host, let step):
            if hosts[host].step == step { try ring(host) }
        case .judged(let judging): try finish(judging)
        case .merged(let merge): try finish(merge)
        case .replayed(let replay): try finish(replay)
        case .tick:
            try receive(.timePassed, from: nil)
            queue.add(.tick, at: now + Self.tickInterval)
        }
    }

    /// Seconds since the simulation began.
    var seconds: Double { Double(now.milliseconds) / 1000 }

    /// Rings a host's timer after so many seconds during which it is on; a host that is never on again stops here.
    ///
    /// - Returns: when, in seconds.
    @discardableResult
    mutating func after(_ active: Double, of host: Int) -> Double? {
        guard let end = hosts[host].traits.availability.end(of: active, from: seconds) else {
            hosts[host].begin(.nothing)
            return nil
        }
        queue.add(.timer(host: host, step: hosts[host].step), at: Timestamp(milliseconds: Seconds(end).milliseconds))
        return end
    }

    /// Over the network, to a host or from it.
    mutating func send(_ message: Happening, host: Int) {
        if network.chance(settings.profile.lostMessages) { return }
        queue.add(message, at: now + Seconds(hosts[host].traits.latency))
    }
}

/// No version was made for so long that none will be.
struct StalledRun: Error, CustomStringConvertible {
    var version: Int
    var height: Int
    var hosts: Int

    var description: String {
        "the run stalled at version \(version) with \(height) contributions: \(hosts) hosts like these do not bring back "
            + "enough in time, or what they bring is refused; take more hosts, a longer deadline or a smaller mergeEvery"
    }
}
