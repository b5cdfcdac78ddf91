import Federation
import Testing
import WorkUnits

/// What happens to the work of those who take part no more.
struct MembershipTests {
    private static let account = Scenario.host(20)
    private let host = Scenario.host(5)

    /// A scenario with one host of an account.
    private func scenario(quorum: Int = 1) throws -> Scenario {
        var scenario = try Scenario(Scenario.policy(quorum: quorum))
        try scenario.apply(.joined(Joining(host: host, volunteer: Self.account, team: "red")))
        return scenario
    }

    @Test func `hosts are known by their volunteer and team`() throws {
        var scenario = try scenario()
        try scenario.apply(.joined(Joining(host: Scenario.host(6), volunteer: Self.account)))
        try scenario.apply(.joined(Joining(host: Scenario.host(7), team: "red")))
        #expect(scenario.run.volunteer(of: host) == Self.account && scenario.run.team(of: host) == "red")
        #expect(scenario.run.volunteer(of: Scenario.host(30)) == nil)
        #expect(scenario.run.areTogether(host, Scenario.host(6)) && scenario.run.areTogether(host, Scenario.host(7)))
        #expect(!scenario.run.areTogether(Scenario.host(6), Scenario.host(7)))
    }

    @Test(arguments: [true, false])
    func `who is revoked or banned loses the lease, and another host gets the unit`(isRevoked: Bool) throws {
        var scenario = try scenario()
        let lease = try #require(try scenario.request(5))
        let out: TrainingRun.Event = isRevoked ? .revoked(host, by: Self.account) : .banned(Self.account, true)
        try scenario.apply(out)
        #expect(!scenario.run.isOpen(lease.assignment) && scenario.run.counts.expired == 1)
        #expect(throws: Refused.self) { try scenario.request(5) }
        #expect(throws: Refused.self) { try scenario.submit(lease) }
        #expect(try scenario.request(0)?.unit.index == lease.unit.index)
        let revision = scenario.run.revision
        try scenario.apply(out)
        #expect(scenario.run.revision == revision)
    }

    @Test func `an update that is being judged when its host is banned is rejected`() throws {
        var scenario = try scenario()
        let lease = try #require(try scenario.request(5))
        try scenario.submit(lease)
        let effects = try scenario.apply(.banned(Self.account, true))
        #expect(effects.replies[lease.assignment]?.verdict.isRejected == true && scenario.run.counts.rejected == 1)
        #expect(throws: Refused.unexpectedJudgement(lease.assignment)) {
            try scenario.apply(.judged(lease.assignment, .accepted))
        }
        #expect(scenario.run.height == 0)
    }

    @Test func `a voice in a quorum ends with its host's membership`() throws {
        var scenario = try scenario(quorum: 2)
        try scenario.answer(try #require(try scenario.request(5)))
        try scenario.apply(.revoked(host, by: Self.account))
        try scenario.answer(try #require(try scenario.request(0)))
        #expect(scenario.run.height == 0)
        let effects = try scenario.answer(try #require(try scenario.request(1)))
        #expect(effects.contributions.count == 1)
    }

    @Test func `what was contributed before stays`() throws {
        var scenario = try scenario()
        try scenario.answer(try #require(try scenario.request(5)))
        try scenario.apply(.banned(Self.account, true))
        #expect(scenario.run.height == 1)
        try scenario.answer(try #require(try scenario.request(0)))
        #expect(try #require(scenario.run.dueMerge).contributions.contains { $0.host == host })
        try scenario.apply(.banned(Self.account, false))
        try scenario.merge()
        #expect(try scenario.request(5) != nil)
    }

    @Test func `an account's hosts follow its key`() throws {
        var scenario = try scenario()
        let next = Scenario.host(21)
        try scenario.apply(.keyReplaced(Self.account, by: next, host: host))
        #expect(scenario.run.volunteer(of: host) == next)
        #expect(throws: Refused.membership(.replacedKey(Self.account, by: next))) {
            try scenario.apply(.revoked(host, by: Self.account))
        }
        try scenario.apply(.revoked(host, by: next))
        #expect(throws: Refused.membership(.revokedHost(host))) { try scenario.request(5) }
    }
}
