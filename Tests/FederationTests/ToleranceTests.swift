import Federation
import Testing
import WorkUnits

/// Answers of processors that round differently.
struct ToleranceTests {
    private static func policy(quorum: Int = 1, share: Double = 0) -> RunPolicy {
        var policy = Scenario.policy(mergeEvery: quorum > 1 ? 1 : 4, quorum: quorum)
        policy.tolerance = 0.02
        policy.audit = AuditRule(share: share)
        policy.auditPatience = Seconds(500)
        return policy
    }

    @Test func `an answer of a quorum is compared with those before, and says the same as the one it is near`() throws {
        var scenario = try Scenario(Self.policy(quorum: 2))
        let leases = try (0..<2).map { try #require(try scenario.request($0)) }
        try scenario.answer(leases[0], update: "one rounding of the")
        try scenario.submit(leases[1], update: "another rounding of the")
        let judging = try #require(scenario.run.judging(of: leases[1].assignment))
        let first = try #require(judging.others.first)
        #expect(judging.others.count == 1 && first.update == first.content && first.update != judging.update)
        let effects = try scenario.apply(.judged(leases[1].assignment, .accepted, content: first.content))
        #expect(effects.verdicts == [.accepted, .accepted] && scenario.run.height == 1)
    }

    @Test func `a late answer is compared with the one that counted`() throws {
        var scenario = try Scenario(Self.policy(quorum: 2))
        let leases = try (0..<2).map { try #require(try scenario.request($0)) }
        try scenario.answer(leases[0])
        scenario.seconds = Scenario.lease
        try scenario.answer(try #require(try scenario.request(2)))
        try scenario.submit(leases[1], update: "another rounding of the")
        let judging = try #require(scenario.run.judging(of: leases[1].assignment))
        #expect(judging.others.map(\.content) == [Digest(of: "good update of \(Scenario.unit(leases[0]))".utf8)])
        let effects = try scenario.apply(
            .judged(leases[1].assignment, .accepted, content: judging.others.first?.content))
        #expect(effects.verdicts == [.uncounted(because: .late)])
    }

    @Test func `where answers are the same bytes nothing is compared`() throws {
        var scenario = try Scenario(Scenario.policy(mergeEvery: 1, quorum: 2))
        let leases = try (0..<2).map { try #require(try scenario.request($0)) }
        try scenario.answer(leases[0])
        try scenario.submit(leases[1])
        #expect(scenario.run.judging(of: leases[1].assignment)?.others == [])
    }

    @Test func `no host audits, and the coordinator waits for none`() throws {
        var scenario = try Scenario(Self.policy(share: 1))
        let first = try #require(try scenario.request(0))
        try scenario.answer(first)
        try scenario.draw()
        let due = try #require(scenario.replaysDue.first)
        #expect(due.claimed?.update == Digest(of: "good update of \(Scenario.unit(first))".utf8))
        try scenario.replay(due)
        let leases = try [0, 1].map { try #require(try scenario.request($0)) }
        for lease in leases { try scenario.answer(lease) }
        try scenario.draw()
        let other = try #require(try scenario.request(2))
        #expect(
            !leases.map(\.unit.index).contains(other.unit.index), "what is near an answer is made from it in no time")
        _ = try scenario.pass(1)
        #expect(Set(scenario.replaysDue.map(\.issue.index)) == Set(leases.map(\.unit.index)))
    }

    @Test func `what is near is confirmed whatever its trace, and what is not is convicted`() throws {
        var scenario = try Scenario(Self.policy(share: 1))
        try scenario.answer(try #require(try scenario.request(0)), parting: 0)
        try scenario.draw()
        let near = try #require(scenario.replaysDue.first)
        #expect(near.steps == near.issue.steps.count)
        #expect(try scenario.replay(near).audited == [near.issue.index])

        try scenario.answer(try #require(try scenario.request(1)), update: "bad")
        try scenario.draw()
        _ = try scenario.pass(1)
        let far = try #require(scenario.replaysDue.first)
        #expect(try scenario.replay(far).convictions.map(\.host) == [Scenario.host(1)])
    }

    @Test(arguments: [0, 1, .nan, -0.1]) func `a tolerance that is none is refused`(tolerance: Double) {
        var policy = Self.policy()
        policy.tolerance = tolerance
        #expect(throws: InvalidSetting.self) { try policy.validate() }
    }
}
