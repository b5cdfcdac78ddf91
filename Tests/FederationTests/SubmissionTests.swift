import Federation
import Testing
import WorkUnits

struct SubmissionTests {
    @Test func `an accepted submission raises the height and is recorded as issued`() throws {
        var scenario = try Scenario()
        let lease = try #require(try scenario.request(0))
        let judging = try scenario.submit(lease)
        let update = Scenario.submission(lease).body.update
        #expect(judging == [.judge(try #require(scenario.run.judging(of: lease.assignment)))])
        #expect(scenario.run.outstanding == judging)
        let effects = try scenario.apply(.judged(lease.assignment, .accepted))
        #expect(effects.replies == [lease.assignment: SubmissionReply(verdict: .accepted, height: 1)])
        #expect(
            effects.contributions == [
                Contribution(
                    index: 0, unit: Scenario.unit(lease), update: update, host: Scenario.host(0), baseVersion: 0,
                    tokens: 1000)
            ])
        #expect(scenario.run.outstanding.isEmpty)
    }

    @Test func `a doubled submission gets the same answer and counts once`() throws {
        var scenario = try Scenario()
        let lease = try #require(try scenario.request(0))
        try scenario.submit(lease)
        #expect(try scenario.submit(lease).isEmpty, "still being judged")
        let reply = try scenario.apply(.judged(lease.assignment, .accepted)).replies
        try scenario.answer(try #require(try scenario.request(1)))
        let revision = scenario.run.revision
        #expect(try scenario.submit(lease).replies == reply, "with the height of then")
        #expect(scenario.run.revision == revision)
        #expect(scenario.run.height == 2)
    }

    @Test func `another update for the same assignment is a conflict before and after the judgement`() throws {
        var scenario = try Scenario()
        let lease = try #require(try scenario.request(0))
        try scenario.submit(lease)
        let conflict = Refused.conflictingSubmission(
            lease.assignment, recorded: Scenario.submission(lease).body.update)
        #expect(throws: conflict) { try scenario.submit(lease, update: "other") }
        try scenario.apply(.judged(lease.assignment, .accepted))
        #expect(throws: conflict) { try scenario.submit(lease, update: "other") }
    }

    @Test func `a host cannot submit for the assignment of another`() throws {
        var scenario = try Scenario()
        let lease = try #require(try scenario.request(0))
        #expect(throws: Refused.notYourAssignment(0)) { try scenario.submit(lease, host: 1) }
        try scenario.answer(lease)
        #expect(throws: Refused.notYourAssignment(0)) { try scenario.submit(lease, host: 1) }
    }

    @Test func `an assignment that was never given out is unknown`() throws {
        var scenario = try Scenario()
        var lease = try #require(try scenario.request(0))
        lease.assignment = 77
        #expect(throws: Refused.unknownAssignment(77)) { try scenario.submit(lease) }
        lease.assignment = -1
        #expect(throws: Refused.unknownAssignment(-1)) { try scenario.submit(lease) }
    }

    @Test func `a rejected unit is issued again and a rejection is repeated to who asks again`() throws {
        var scenario = try Scenario()
        let bad = try #require(try scenario.request(0))
        let rejected = Verdict.rejected(reason: "not finite")
        #expect(try scenario.answer(bad, verdict: rejected).verdicts == [rejected])
        #expect(scenario.run.height == 0)
        #expect(try scenario.submit(bad).verdicts == [rejected])
        #expect(try scenario.request(1)?.unit.index == bad.unit.index)
    }

    @Test func `a judgement that nobody waits for is refused`() throws {
        var scenario = try Scenario()
        let lease = try #require(try scenario.request(0))
        #expect(throws: Refused.unexpectedJudgement(0)) { try scenario.apply(.judged(0, .accepted)) }
        try scenario.submit(lease)
        #expect(throws: Refused.unexpectedJudgement(0)) { try scenario.apply(.judged(0, .inconclusive)) }
        try scenario.apply(.judged(0, .accepted))
        #expect(throws: Refused.unexpectedJudgement(0)) { try scenario.apply(.judged(0, .accepted)) }
    }

    @Test func `a submission that is being judged does not expire`() throws {
        var scenario = try Scenario()
        let lease = try #require(try scenario.request(0))
        try scenario.submit(lease)
        scenario.seconds = 10 * Scenario.lease
        #expect(try scenario.apply(.judged(lease.assignment, .accepted)).verdicts == [.accepted])
    }

    @Test func `outcomes are forgotten after a while`() throws {
        var scenario = try Scenario(Scenario.policy(lastVersion: 100, rememberedOutcomes: 4))
        let first = try #require(try scenario.request(0))
        try scenario.answer(first)
        for _ in 0..<3 { try scenario.completeVersion() }
        #expect(try scenario.submit(first).verdicts == [.accepted], "6 outcomes are fewer than twice 4")
        try scenario.completeVersion()
        #expect(throws: Refused.unknownAssignment(first.assignment)) { try scenario.submit(first) }
    }
}
