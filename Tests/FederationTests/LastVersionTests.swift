import Federation
import Testing
import WorkUnits

/// The end of a run: the last version is made when every audit has an answer, and without what was convicted.
@Suite struct LastVersionTests {
    /// Two versions of two contributions each. Of the first one everything is confirmed, so that hosts 0 and 1 may audit.
    private func lastUnits(share: Double = 1) throws -> Scenario {
        var policy = Scenario.policy(lastVersion: 2)
        policy.audit = AuditRule(share: share)
        policy.auditPatience = Seconds(50)
        var scenario = try Scenario(policy)
        for host in 0..<2 { try scenario.answer(try #require(try scenario.request(host))) }
        try scenario.draw()
        for replay in try scenario.pass(60).replays { try scenario.replay(replay) }
        #expect(try scenario.merge().merges.isEmpty && scenario.run.version == 1)
        return scenario
    }

    /// Hosts 2 and 3 give the last contributions.
    ///
    /// - Returns: what followed the last one.
    private func complete(_ scenario: inout Scenario, lying liar: Int? = nil) throws -> [TrainingRun.Effect] {
        let leases = try [2, 3].map { try #require(try scenario.request($0)) }
        var effects: [TrainingRun.Effect] = []
        for lease in leases {
            effects = try scenario.answer(lease, update: lease.host == liar.map(Scenario.host) ? "false" : "good")
        }
        return effects
    }

    @Test func `the last version waits until no audit is open`() throws {
        var scenario = try lastUnits()
        #expect(try complete(&scenario).merges.isEmpty)
        try scenario.draw()
        #expect(throws: Refused.unexpectedVersion(2)) { try scenario.merge() }
        while case .replay(let replay)? = scenario.run.outstanding.first {
            #expect(scenario.run.dueMerge == nil)
            let effects = try scenario.replay(replay)
            #expect(effects.merges.count == (scenario.run.outstanding.isEmpty ? 0 : effects.replays.isEmpty ? 1 : 0))
            guard effects.merges.isEmpty else { break }
        }
        #expect(try #require(scenario.run.dueMerge).contributions.map(\.host) == [2, 3].map(Scenario.host))
        try scenario.merge()
        #expect(scenario.run.isFinished && scenario.run.outstanding.isEmpty)
    }

    @Test(arguments: [2, 3]) func `what a host gave that is convicted at the end is not in the last version`(
        liar: Int
    ) throws {
        var scenario = try lastUnits()
        _ = try complete(&scenario, lying: liar)
        try scenario.draw()
        var convicted: [Conviction] = []
        while case .replay(let replay)? = scenario.run.outstanding.first {
            convicted += try scenario.replay(replay).convictions
        }
        #expect(convicted.map(\.host) == [Scenario.host(liar)] && convicted.first?.struck.count == 1)
        let merge = try #require(scenario.run.dueMerge)
        #expect(merge.height == 4 && merge.contributions.map(\.host) == [Scenario.host(5 - liar)])
    }

    @Test func `the answer that completes the last version is audited without a draw, and is the only one so`() throws {
        var scenario = try lastUnits(share: 1e-9)
        // From the second answer of a host on, the draw decides; at so small a share it would draw nothing.
        for host in [0, 1] { try scenario.answer(try #require(try scenario.request(host))) }
        let replay = try #require(scenario.run.outstanding.first)
        guard case .replay(let last) = replay else { return #expect(Bool(false), "\(replay)") }
        #expect(last.issue.index == 3 && scenario.run.outstanding.count == 1)
        try scenario.replay(last)
        try scenario.draw()
        #expect(scenario.run.dueMerge != nil, "an entry that comes later draws nothing of it")
    }

    @Test func `the coordinator is at one of the last audits, and a host that asks has the next`() throws {
        var scenario = try lastUnits()
        let first = try complete(&scenario).replays
        #expect(first.count == 1, "nobody's patience is asked for")
        try scenario.draw()
        scenario.seconds += 40
        let audit = try #require(try scenario.request(0))
        #expect(audit.unit != first[0].issue && audit.unit.base.version == 1)
        #expect(try scenario.replay(first[0]).merges.isEmpty, "a host is at the other one")
        let effects = try scenario.apply(.workRequested(Scenario.host(1)))
        guard case .wait? = effects.first else { return #expect(Bool(false), "not finished yet: \(effects)") }
        #expect(try scenario.answer(audit).merges.count == 1)
        try scenario.merge()
        #expect(try scenario.apply(.workRequested(Scenario.host(1))) == [.finished])
    }

    @Test func `an audit whose host is late at the end goes to the coordinator`() throws {
        var scenario = try lastUnits()
        let first = try #require(try complete(&scenario).replays.first)
        try scenario.draw()
        scenario.seconds += 40
        let audit = try #require(try scenario.request(0))
        try scenario.replay(first)
        #expect(scenario.run.outstanding.isEmpty && scenario.run.dueMerge == nil)
        scenario.seconds = Double(audit.deadline.milliseconds) / 1000
        let replay = try #require(try scenario.apply(.timePassed).replays.first)
        #expect(try scenario.replay(replay).merges.count == 1)
        // What the host says later is an answer like any other.
        #expect(try scenario.answer(audit).verdicts == [.uncounted])
    }

    @Test func `where nothing is audited the last version waits for nothing`() throws {
        var scenario = try Scenario(Scenario.policy(lastVersion: 1), hosts: 1)
        try scenario.answer(try #require(try scenario.request(0)))
        #expect(try scenario.answer(try #require(try scenario.request(0))).merges.count == 1)
    }
}
