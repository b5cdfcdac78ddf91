import Federation
import Testing
import WorkUnits

struct QuorumTests {
    private let policy = Scenario.policy(mergeEvery: 1, quorum: 2, maximumReplicas: 3)

    @Test func `a unit goes to as many different hosts as must agree`() throws {
        var scenario = try Scenario(policy)
        let first = try #require(try scenario.request(0))
        try scenario.answer(first)
        #expect(try scenario.request(0) == nil, "a host has one voice")
        let second = try #require(try scenario.request(1))
        #expect((first.unit.index, second.unit.index) == (0, 0))
        #expect(try scenario.request(2) == nil, "two are enough if they agree")
    }

    @Test func `the first of two waits and the second decides for both`() throws {
        var scenario = try Scenario(policy)
        let leases = try [1, 0].map { try #require(try scenario.request($0)) }
        #expect(try scenario.answer(leases[0]).verdicts == [.inconclusive])
        #expect(try scenario.submit(leases[0]).verdicts == [.inconclusive], "and says so again")
        #expect(scenario.run.height == 0)
        let effects = try scenario.answer(leases[1])
        #expect(effects.verdicts == [.accepted, .accepted])
        #expect(effects.contributions.map(\.host) == [Scenario.host(0)], "the first by name, not by arrival")
        #expect(try scenario.submit(leases[0]).verdicts == [.accepted])
        #expect(scenario.run.height == 1)
    }

    @Test func `a third host settles a disagreement and the loser is rejected`() throws {
        var scenario = try Scenario(policy)
        let leases = try (0..<2).map { try #require(try scenario.request($0)) }
        try scenario.answer(leases[0], update: "wrong")
        #expect(try scenario.answer(leases[1]).verdicts == [.inconclusive])
        let third = try #require(try scenario.request(2))
        let effects = try scenario.answer(third)
        #expect(effects.verdicts.map(\.isRejected) == [true, false, false])
        #expect(effects.contributions.map(\.host) == [Scenario.host(1)])
        #expect(try scenario.submit(leases[0], update: "wrong").verdicts.map(\.isRejected) == [true])
    }

    @Test func `when nobody agrees all are rejected and the unit starts again`() throws {
        var scenario = try Scenario(policy)
        for host in 0..<2 { try scenario.answer(try #require(try scenario.request(host)), update: "guess \(host)") }
        let effects = try scenario.answer(try #require(try scenario.request(2)), update: "guess 2")
        #expect(effects.verdicts.map(\.isRejected) == [true, true, true])
        #expect(effects.contributions.isEmpty && scenario.run.height == 0)
        #expect(try scenario.request(0) == nil, "who failed it waits out the lease")
        #expect(try scenario.request(3)?.unit.index == 0)
    }

    @Test func `a replica whose lease ended is replaced while the other's voice stands`() throws {
        var scenario = try Scenario(policy)
        let leases = try (0..<2).map { try #require(try scenario.request($0)) }
        try scenario.answer(leases[0])
        scenario.seconds = Scenario.lease
        let third = try #require(try scenario.request(2))
        #expect(third.unit.index == 0 && third.unit.base == leases[0].unit.base)
        #expect(try scenario.answer(third).verdicts == [.accepted, .accepted])
        #expect(
            try scenario.answer(leases[1]).verdicts == [.uncounted(because: .late)], "late, and the same as the others'"
        )
    }

    @Test func `a late answer that differs from what the quorum found is rejected`() throws {
        var scenario = try Scenario(policy)
        let leases = try (0..<2).map { try #require(try scenario.request($0)) }
        try scenario.answer(leases[0])
        scenario.seconds = Scenario.lease
        try scenario.answer(try #require(try scenario.request(2)))
        #expect(try scenario.answer(leases[1], update: "wrong").verdicts.map(\.isRejected) == [true])
    }

    @Test func `a late answer is a voice`() throws {
        var scenario = try Scenario(policy)
        let leases = try (0..<2).map { try #require(try scenario.request($0)) }
        scenario.seconds = Scenario.lease
        try scenario.apply(.timePassed)
        #expect(try scenario.answer(leases[0]).verdicts == [.inconclusive])
        #expect(try scenario.answer(leases[1]).verdicts == [.accepted, .accepted])
    }

    @Test func `voices for a base that became too old before they were enough are rejected`() throws {
        var scenario = try Scenario(Scenario.policy(mergeEvery: 1, quorum: 2, maximumStaleness: 1))
        let first = try #require(try scenario.request(0))
        try scenario.answer(first)
        let second = try #require(try scenario.request(1))
        for _ in 0..<2 {
            for host in [2, 3] { try scenario.answer(try #require(try scenario.request(host))) }
            try scenario.merge()
        }
        #expect(try scenario.submit(first).verdicts.map(\.isRejected) == [true])
        #expect(try scenario.answer(second).verdicts.map(\.isRejected) == [true])
        #expect(try scenario.request(2)?.unit.index == first.unit.index)
    }

    @Test func `a copied digest without a sound update is no voice`() throws {
        var scenario = try Scenario(policy)
        let leases = try (0..<2).map { try #require(try scenario.request($0)) }
        try scenario.answer(leases[0])
        try scenario.answer(leases[1], verdict: .rejected(reason: "unreadable"))
        #expect(scenario.run.height == 0)
        #expect(try scenario.request(2)?.unit.index == 0)
    }
}
