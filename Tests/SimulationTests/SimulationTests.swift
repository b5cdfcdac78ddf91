import Federation
import Foundation
import SimulationSupport
import Testing
import WorkUnits

struct SimulationTests {
    private static func policy(
        mergeEvery: Int = 12, lastVersion: Int = 50, quorum: Int = 1, staleness: Int, leastSteps: Int = 64
    ) -> RunPolicy {
        RunPolicy(
            mergeEvery: mergeEvery, lastVersion: lastVersion, quorum: quorum, maximumReplicas: quorum + 3,
            maximumStaleness: staleness, lease: Seconds(900), patience: Seconds(6 * 3600), retry: Seconds(120),
            unitSteps: 64,
            leastUnitSteps: leastSteps, unitTime: Seconds(120), tokensPerStep: 64, maximumUpdateBytes: 1 << 20,
            rememberedOutcomes: 100)
    }

    @Test(arguments: ProcessInfo.processInfo.environment["CARAVAN_PROVE"] == nil ? [1, 2] : Array(1...20) as [UInt64])
    func `two hundred volunteers make fifty versions in a bad world`(seed: UInt64) throws {
        var simulation = try Simulation(SimulationSettings(seed: seed, policy: Self.policy(staleness: 1)))
        try simulation.run()
        let run = simulation.finalRun
        #expect(run.version == 50 && run.height == 600, "seed \(seed)")
        #expect(run.counts.rejected > 0 && run.counts.expired > 0, "seed \(seed): nothing went wrong")
        #expect(simulation.crashes > 100, "seed \(seed)")
    }

    @Test func `two hundred volunteers make fifty versions though every transaction crashes the coordinator`() throws {
        var settings = SimulationSettings(seed: 3, policy: Self.policy(staleness: 1))
        settings.crashes = 1
        var simulation = try Simulation(settings)
        try simulation.run()
        #expect(simulation.finalRun.version == 50)
        #expect(simulation.crashes == simulation.commits, "\(simulation.crashes) of \(simulation.commits)")
    }

    @Test func `the same seed makes the same ledger and another seed another`() throws {
        let heads = try [7, 7, 8].map { (seed: UInt64) in
            var settings = SimulationSettings(seed: seed, policy: Self.policy(lastVersion: 5, staleness: 1))
            settings.hosts = 60
            var simulation = try Simulation(settings)
            try simulation.run()
            return simulation.ledgerHead
        }
        #expect(heads[0] == heads[1])
        #expect(heads[0] != heads[2])
    }

    @Test func `without staleness a bad world makes the same weights as a calm one`() throws {
        let policy = Self.policy(lastVersion: 12, staleness: 0)
        var calm = try Simulation(.calm(seed: 1, policy: policy))
        try calm.run()
        #expect(calm.crashes == 0)
        for seed in [4, 5] as [UInt64] {
            var settings = SimulationSettings(seed: seed, policy: policy)
            settings.hosts = 60
            var simulation = try Simulation(settings)
            try simulation.run()
            #expect(simulation.finalWeights == calm.finalWeights, "seed \(seed)")
            #expect(simulation.ledgerHead != calm.ledgerHead)
        }
    }

    @Test func `units that suit their hosts are seldom late`() throws {
        let late = try [64, 2].map { leastSteps in
            let policy = Self.policy(lastVersion: 20, staleness: 2, leastSteps: leastSteps)
            var settings = SimulationSettings(seed: 31, policy: policy)
            settings.hosts = 40
            settings.vanishing = 0
            var simulation = try Simulation(settings)
            try simulation.run()
            #expect(simulation.finalRun.version == 20)
            return Double(simulation.finalRun.counts.late) / Double(simulation.finalRun.counts.issued)
        }
        #expect(late[1] < late[0] / 4, "of one size \(late[0]), of many \(late[1])")
    }

    @Test func `a quorum of two outvotes hosts whose bytes drift`() throws {
        let policy = Self.policy(mergeEvery: 6, lastVersion: 15, quorum: 2, staleness: 1)
        var settings = SimulationSettings(seed: 11, policy: policy)
        settings.drifting = 0.1
        settings.hosts = 60
        var simulation = try Simulation(settings)
        try simulation.run()
        #expect(simulation.finalRun.height == 90)
        #expect(simulation.finalRun.counts.accepted >= 180)
    }

    /// Hosts whose bytes drift are taken for cheats, which they could be.
    @Test(arguments: [13, 14] as [UInt64]) func `an audited run in a bad world ends with every audit answered`(
        seed: UInt64
    ) throws {
        var policy = Self.policy(lastVersion: 8, staleness: 1)
        policy.audit = AuditRule(share: 0.2)
        policy.auditPatience = Seconds(300)
        policy.maximumConvictions = 1000
        var settings = SimulationSettings(seed: seed, policy: policy)
        settings.drifting = 0.1
        settings.hosts = 60
        var simulation = try Simulation(settings)
        try simulation.run()
        let run = simulation.finalRun
        #expect(run.height == 96 && run.counts.convicted > 3 && run.counts.audited > 3, "seed \(seed)")
        #expect(run.outstanding.isEmpty && simulation.crashes > 10, "seed \(seed)")
    }

    /// Small enough to crash at each of its transactions in turn, once before and once after it is durable.
    @Test(arguments: [false, true], [false, true]) func `a crash at any transaction loses nothing`(
        isDurable: Bool, isAudited: Bool
    ) throws {
        var policy = Self.policy(mergeEvery: 2, lastVersion: 3, quorum: isAudited ? 1 : 2, staleness: 0)
        policy.audit = AuditRule(share: isAudited ? 1 : 0)
        var settings = SimulationSettings.calm(seed: 21, policy: policy)
        settings.hosts = 5
        settings.snapshotEvery = 4
        var calm = try Simulation(settings)
        try calm.run()
        #expect(calm.commits > 30)
        for commit in 1...calm.commits {
            settings.crashAt = (commit: commit, isDurable: isDurable)
            var simulation = try Simulation(settings)
            try simulation.run()
            #expect(simulation.crashes == 1)
            #expect(simulation.finalWeights == calm.finalWeights, "crash at \(commit)")
        }
    }

    @Test func `a run without volunteers stalls and says so`() throws {
        var settings = SimulationSettings.calm(seed: 1, policy: Self.policy(staleness: 0))
        settings.hosts = 0
        settings.patience = 3600
        var simulation = try Simulation(settings)
        #expect(throws: BrokenPromise.self) { try simulation.run() }
    }
}
