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
        #expect((first.index, second.index) == (0, 0))
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
        #expect(try scenario.request(3)?.index == 0)
    }

    @Test func `a replica whose lease ended is replaced while the other's voice stands`() throws {
        var scenario = try Scenario(policy)
        let leases = try (0..<2).map { try #require(try scenario.request($0)) }
        try scenario.answer(leases[0])
        scenario.seconds = Scenario.lease
        let third = try #require(try scenario.request(2))
        #expect(third.index == 0 && third.base == leases[0].base)
        #expect(try scenario.answer(third).verdicts == [.accepted, .accepted])
        #expect(throws: Refused.self) { try scenario.submit(leases[1]) }
    }

    @Test func `a copied digest without a sound update is no voice`() throws {
        var scenario = try Scenario(policy)
        let leases = try (0..<2).map { try #require(try scenario.request($0)) }
        try scenario.answer(leases[0])
        try scenario.answer(leases[1], verdict: .rejected(reason: "unreadable"))
        #expect(scenario.run.height == 0)
        #expect(try scenario.request(2)?.index == 0)
    }
}
