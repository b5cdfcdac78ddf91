import Coordination
import Federation
import Ledger
import Simulator
import TestSupport
import WorkUnits

/// A project with many volunteers, simulated in one plain loop from one seed: the coordinator's own decisions and a real
/// store in memory, between hosts and a network that fail in every way. Checks everything it can after every event.
public struct Simulation {
    public let settings: SimulationSettings
    let project: ImaginaryProject
    let store = MemoryCoordinatorStore()
    var random: SplitMix64
    var now = Timestamp(milliseconds: 0)
    var queue = EventQueue<Happening>()
    var hosts: [SimulatedHost] = []
    var witness: Witness

    // The coordinator's process: all of this but `core` is gone after a crash, and `core` is read from the store again.
    var core: CoordinatorCore
    /// Messages that wait for the next transaction.
    var inbox: [(host: Int?, proposal: Proposal)] = []
    /// Who waits for the answer to a submission.
    var listeners: [AssignmentID: Int] = [:]
    /// Which life of the process this is: results of an earlier one are lost.
    var life = 0
    /// The process is being restarted until then.
    var downUntil = Timestamp(milliseconds: 0)

    /// What the process merges, and the units that it trains again.
    var merging: Merge?
    var replaying: Set<Int> = []

    public internal(set) var crashes = 0
    public internal(set) var commits = 0

    enum Happening {
        case arrival(host: Int, TrainingRun.Event)
        case reply(host: Int, Reply)
        case timer(host: Int, step: Int)
        case transaction(life: Int)
        case judged(life: Int, Judging)
        case merged(life: Int, Merge)
        case replayed(life: Int, Replay)
        case tick
    }

    enum Reply {
        case registered
        case work(TrainingRun.Effect)
        case submission(AssignmentID, SubmissionReply)
        case refused(Refused)
    }

    public init(_ settings: SimulationSettings) throws {
        self.settings = settings
        project = try ImaginaryProject(policy: settings.policy)
        random = SplitMix64(seed: settings.seed)
        let founding = try CoordinatorCore.found(
            policy: settings.policy, description: project.description, genesis: project.genesis, at: now)
        try store.commit(founding.batch)
        core = founding.core
        witness = Witness(policy: settings.policy)
        for number in 0..<settings.hosts {
            let pace = settings.fastest * .pow(settings.spread, Double.random(in: 0...1, using: &random))
            hosts.append(SimulatedHost(number: number, pace: pace))
            after(0...60, .timer(host: number, step: 0))
        }
        after(1...1, .tick)
    }

    /// Lets things happen until the run is finished, then reads the ledger from its beginning.
    ///
    /// - Throws: `BrokenPromise`, with the seed and time that show it again.
    public mutating func run() throws {
        let end = now + Seconds(settings.patience)
        do {
            while !core.run.isFinished {
                guard let next = queue.next(), next.time < end else {
                    throw BrokenPromise("the run stalled at version \(core.run.version), height \(core.run.height)")
                }
                now = next.time
                try happen(next.event)
            }
            try witness.check(store, project: project)
        } catch {
            throw BrokenPromise("seed \(settings.seed), \(now.milliseconds) ms: \(error)")
        }
    }

    private mutating func happen(_ happening: Happening) throws {
        switch happening {
        case .arrival(let host, let event):
            guard case .joined = event else { return receive(Proposal(event), from: host) }
            receive(try project.joining(of: hosts[host].key), from: host)
        case .reply(let host, let reply): try hear(reply, host)
        case .timer(let host, let step): try ring(host, step)
        case .transaction(let life):
            if life == self.life { try commitInbox() }
        case .judged(let life, let judging):
            guard life == self.life else { return }
            let verdict = ImaginaryProject.verdict(on: judging.update, of: judging.unit)
            receive(Proposal(.judged(judging.assignment, verdict)), from: nil)
        case .merged(let life, let merge):
            guard life == self.life, merge == merging else { return }
            merging = nil
            receive(try Proposal(merged: try project.merge(merge), by: merge), from: nil)
        case .replayed(let life, let replay):
            guard life == self.life else { return }
            replaying.remove(replay.issue.index)
            receive(Proposal(.replayed(unit: replay.issue.index, ImaginaryProject.replayed(replay))), from: nil)
        case .tick:
            receive(Proposal(.timePassed), from: nil)
            after(5...5, .tick)
        }
    }

    mutating func after(_ delay: ClosedRange<Double>, _ happening: Happening) {
        queue.add(happening, at: now + Seconds(Double.random(in: delay, using: &random)))
    }

    mutating func chance(_ probability: Double) -> Bool {
        Double.random(in: 0..<1, using: &random) < probability
    }

    /// Sends over a network that loses, doubles and delays.
    mutating func send(_ message: Happening) {
        let copies = chance(settings.doubledMessages) ? 2 : 1
        for _ in 0..<copies where !chance(settings.lostMessages) {
            let isLate = chance(settings.lateMessages)
            after(isLate ? 10...(2 * settings.policy.lease.count) : 0.02...2, message)
        }
    }

    /// What makes this simulation the same as another of the same seed.
    public var ledgerHead: Digest { core.ledger.head }
    public var ledgerCount: Int { core.ledger.count }
    public var finalWeights: Digest { core.run.base.weights }
    public var finalRun: TrainingRun { core.run }
}

/// What a simulation promises to show was broken.
public struct BrokenPromise: Error, CustomStringConvertible {
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}
