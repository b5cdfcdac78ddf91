import Federation
import Testing
import WorkUnits

/// The end of a run: the last version is made when every audit has an answer, and without what was convicted.
@Suite struct LastVersionTests {
    /// A run of one version of two contributions. All four hosts were confirmed; the contributions are still to be made.
    private func begun() throws -> Scenario {
        var policy = Scenario.policy(lastVersion: 1)
        policy.audit = AuditRule(share: 1)
        policy.auditPatience = Seconds(50)
        var scenario = try Scenario(policy)
        for host in 0..<4 {
            try scenario.answer(try #require(try scenario.request(host)))
            try scenario.draw()
            _ = try scenario.pass(60)
            for replay in scenario.replaysDue { try scenario.replay(replay) }
        }
        #expect(scenario.run.height == 0)
        return scenario
    }

    /// Hosts 2 and 3 give the contributions, both of which are drawn.
    private func complete(_ scenario: inout Scenario, lying liar: Int? = nil) throws {
        for lease in try [2, 3].map({ try #require(try scenario.request($0)) }) {
            let update = lease.host == liar.map(Scenario.host) ? "false" : "good"
            #expect(try scenario.answer(lease, update: update).merges.isEmpty)
        }
        #expect(scenario.run.height == 2 && scenario.run.dueMerge == nil, "nobody knows yet whether they are drawn")
        try scenario.draw()
    }

    @Test func `the last version waits until no audit is open`() throws {
        var scenario = try begun()
        try complete(&scenario)
        #expect(throws: Refused.unexpectedVersion(1)) { try scenario.merge() }
        for left in [1, 0] {
            #expect(scenario.run.dueMerge == nil)
            let effects = try scenario.replay(try #require(scenario.replaysDue.first))
            #expect(effects.replays.count == left && effects.merges.count == 1 - left)
        }
        #expect(try #require(scenario.run.dueMerge).contributions.map(\.host) == [2, 3].map(Scenario.host))
        try scenario.merge()
        #expect(scenario.run.isFinished && scenario.run.outstanding.isEmpty)
    }

    @Test(arguments: [2, 3]) func `what a host gave that is convicted at the end is not in the last version`(
        liar: Int
    ) throws {
        var scenario = try begun()
        try complete(&scenario, lying: liar)
        var convicted: [Conviction] = []
        while let replay = scenario.replaysDue.first { convicted += try scenario.replay(replay).convictions }
        #expect(convicted.map(\.host) == [Scenario.host(liar)] && convicted.first?.struck.count == 1)
        let merge = try #require(scenario.run.dueMerge)
        #expect(merge.height == 2 && merge.contributions.map(\.host) == [Scenario.host(5 - liar)])
    }

    @Test func `the coordinator is at one of the last audits, and a host that asks has the next`() throws {
        var scenario = try begun()
        try complete(&scenario)
        let first = scenario.replaysDue
        #expect(first.count == 1, "nobody's patience is asked for")
        let audit = try #require(try scenario.request(0))
        #expect(audit.unit != first[0].issue)
        #expect(try scenario.replay(first[0]).merges.isEmpty, "a host is at the other one")
        let effects = try scenario.apply(.workRequested(Scenario.host(1)))
        guard case .wait? = effects.first else { return #expect(Bool(false), "not finished yet: \(effects)") }
        #expect(try scenario.answer(audit).merges.isEmpty, "the audit is drawn as well")
        try scenario.draw()
        #expect(try scenario.replay(try #require(scenario.replaysDue.first)).merges.count == 1)
        try scenario.merge()
        #expect(try scenario.apply(.workRequested(Scenario.host(1))) == [.finished])
    }

    @Test func `an audit whose host is late at the end goes to the coordinator`() throws {
        var scenario = try begun()
        try complete(&scenario)
        let first = try #require(scenario.replaysDue.first)
        let audit = try #require(try scenario.request(0))
        try scenario.replay(first)
        #expect(scenario.run.outstanding.isEmpty && scenario.run.dueMerge == nil)
        scenario.seconds = Double(audit.deadline.milliseconds) / 1000
        let replay = try #require(try scenario.apply(.timePassed).replays.first)
        #expect(try scenario.replay(replay).merges.count == 1)
    }

    @Test func `where nothing is audited the last version waits for nothing`() throws {
        var scenario = try Scenario(Scenario.policy(lastVersion: 1), hosts: 1)
        try scenario.answer(try #require(try scenario.request(0)))
        #expect(try scenario.answer(try #require(try scenario.request(0))).merges.count == 1)
    }
}
