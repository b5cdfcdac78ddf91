import Federation
import Testing
import WorkUnits

/// Audits that are audited: who confirms what is wrong is convicted with whom it confirmed.
@Suite struct AuditOfAuditTests {
    /// Four hosts that were confirmed by the coordinator, and a fifth.
    private func trusted() throws -> Scenario {
        var policy = Scenario.policy(maximumStaleness: 1)
        policy.audit = AuditRule(share: 1)
        policy.auditPatience = Seconds(50)
        var scenario = try Scenario(policy, hosts: 5)
        try scenario.gainTrust(hosts: 4)
        return scenario
    }

    /// Host 0 has answered a unit, and host 1 has come to the same.
    private func confirmed(_ update: String) throws -> (scenario: Scenario, unit: IssuedUnit) {
        var scenario = try trusted()
        let lease = try #require(try scenario.request(0))
        try scenario.answer(lease, update: update)
        try scenario.draw()
        let audit = try #require(try scenario.request(1))
        #expect(audit.unit == lease.unit)
        #expect(try scenario.answer(audit, update: update).audited == [lease.unit.index])
        return (scenario, lease.unit)
    }

    @Test func `an audit is drawn, and goes to neither of the two hosts`() throws {
        var (scenario, unit) = try confirmed("good")
        #expect(scenario.run.undrawnAnswers == 1)
        try scenario.draw()
        for host in 0..<2 { #expect(try scenario.request(host)?.unit.index != unit.index) }
        // One of the hosts at work may have it at first, after most of the patience any other.
        scenario.seconds += 45
        let audit = try #require(try scenario.request(2))
        #expect(audit.unit == unit)
        let stored = try CanonicalJSON.encode(scenario.run)
        #expect(try CanonicalJSON.decode(TrainingRun.self, from: stored) == scenario.run)
        #expect(try scenario.answer(audit).audited == [unit.index])
        #expect(scenario.run.counts.audited == 2)
        try scenario.draw()
        #expect(try scenario.request(3)?.unit.index != unit.index, "an audit of an audit is the last")
        #expect(try scenario.pass(60).replays.isEmpty)
    }

    @Test func `who has answered a unit does not audit the answer of another`() throws {
        var scenario = try trusted()
        let late = try #require(try scenario.request(0))
        scenario.seconds += Scenario.lease + 1
        let again = try #require(try scenario.request(1))
        #expect(again.unit == late.unit)
        try scenario.answer(again)
        #expect(try scenario.answer(late).verdicts == [.uncounted(because: .late)])
        try scenario.draw()
        for host in 0..<2 { #expect(try scenario.request(host)?.unit != late.unit) }
        scenario.seconds += 45
        #expect(try scenario.request(2)?.unit == late.unit)
    }

    @Test func `accomplices are convicted together`() throws {
        var (scenario, unit) = try confirmed("false")
        try scenario.draw()
        let audit = try #require(try scenario.request(2))
        let replay = try #require(try scenario.answer(audit).replays.first)
        let effects = try scenario.replay(replay)
        #expect(effects.convictions.map(\.host) == [1, 0].map(Scenario.host))
        #expect(effects.convictions.map(\.struck) == [[], [unit.index]], "that it was confirmed does not keep it")
        #expect(effects.uncounted.map(\.host) == [Scenario.host(2)])
        #expect(try scenario.answer(try #require(try scenario.request(0))).verdicts == [.uncounted(because: .newcomer)])
        #expect(try scenario.request(1) != nil)
        #expect(scenario.run.counts.convicted == 2)
    }

    @Test func `who says otherwise about an audit that was right is convicted alone`() throws {
        var (scenario, _) = try confirmed("good")
        try scenario.draw()
        let audit = try #require(try scenario.request(2))
        let replay = try #require(try scenario.answer(audit, update: "false").replays.first)
        #expect(try scenario.replay(replay).convictions.map(\.host) == [Scenario.host(2)])
    }

    @Test func `where no third host comes the coordinator looks at the audit`() throws {
        var (scenario, unit) = try confirmed("false")
        try scenario.draw()
        let replay = try #require(try scenario.pass(60).replays.first)
        #expect(replay.issue == unit)
        #expect(try scenario.replay(replay).convictions.map(\.host) == [1, 0].map(Scenario.host))
    }

    @Test func `what confirms a newcomer is drawn too, and both are convicted of it`() throws {
        var scenario = try confirmed("good").scenario
        let newcomer = try #require(try scenario.request(4))
        try scenario.answer(newcomer, update: "false")
        try scenario.draw()
        while let lease = try scenario.request(2) {
            let isAudit = lease.unit == newcomer.unit
            let effects = try scenario.answer(lease, update: isAudit ? "false" : "good")
            if isAudit {
                #expect(effects.contributions.map(\.host) == [Scenario.host(2)])
                break
            }
            try scenario.draw()
        }
        try scenario.draw()
        var convicted: [HostID] = []
        for replay in try scenario.pass(60).replays {
            convicted += try scenario.replay(replay).convictions.map(\.host)
        }
        #expect(convicted == [2, 4].map(Scenario.host))
    }
}
