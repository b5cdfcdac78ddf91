import Federation
import Testing
import WorkUnits

struct LeaseTests {
    @Test func `a unit whose lease ended goes to another host`() throws {
        var scenario = try Scenario()
        let lost = try #require(try scenario.request(0))
        scenario.seconds = Scenario.lease
        let again = try #require(try scenario.request(1))
        #expect(again.index == lost.index)
        #expect(again.assignment != lost.assignment)
        #expect(scenario.run.counts.expired == 1)
    }

    @Test func `a submission a millisecond before the deadline is in time and one at the deadline is late`() throws {
        var scenario = try Scenario()
        let lease = try #require(try scenario.request(0))
        var late = scenario
        scenario.seconds = Scenario.lease - 0.001
        #expect(try scenario.answer(lease).verdicts == [.accepted])
        late.seconds = Scenario.lease
        #expect(throws: Refused.expired(lease.assignment, deadline: lease.deadline)) { try late.submit(lease) }
    }

    @Test func `a late submission is refused after its unit went to another host and earns nothing`() throws {
        var scenario = try Scenario()
        let lost = try #require(try scenario.request(0))
        scenario.seconds = Scenario.lease
        let again = try #require(try scenario.request(1))
        #expect(throws: Refused.expired(lost.assignment, deadline: lost.deadline)) { try scenario.submit(lost) }
        #expect(scenario.run.height == 0)
        #expect(try scenario.answer(again).contributions.map(\.host) == [Scenario.host(1)])
    }

    @Test func `time ends leases without any request`() throws {
        var scenario = try Scenario()
        _ = try scenario.request(0)
        scenario.seconds = Scenario.lease - 1
        let revision = scenario.run.revision
        try scenario.apply(.timePassed)
        #expect(scenario.run.openAssignments == 1)
        #expect(scenario.run.revision == revision, "nothing happened, nothing to store")
        scenario.seconds = Scenario.lease
        try scenario.apply(.timePassed)
        #expect(scenario.run.openAssignments == 0)
    }

    @Test func `a host prefers units that it has not failed`() throws {
        var scenario = try Scenario()
        #expect(try scenario.request(0)?.index == 0)
        scenario.seconds = Scenario.lease
        #expect(try scenario.request(1)?.index == 0, "the lowest open unit comes first")
        scenario.seconds += Scenario.lease
        try scenario.apply(.timePassed)
        #expect(try scenario.request(2)?.index == 0)
        #expect(try scenario.request(0)?.index == 1)
    }

    @Test func `the only host gets its expired unit again`() throws {
        var scenario = try Scenario(hosts: 1)
        let lost = try #require(try scenario.request(0))
        scenario.seconds = Scenario.lease
        let again = try #require(try scenario.request(0))
        #expect(again.index == lost.index)
        #expect(again.assignment == lost.assignment + 1)
    }

    @Test func `a host whose update was rejected waits out its lease before it gets the unit again`() throws {
        var scenario = try Scenario(Scenario.policy(mergeEvery: 1))
        let bad = try #require(try scenario.request(0))
        try scenario.answer(bad, verdict: .rejected(reason: "not finite"))
        #expect(try scenario.request(0) == nil)
        var other = scenario
        #expect(try other.request(1)?.index == 0, "another host need not wait")
        scenario.seconds = Scenario.lease
        #expect(try scenario.request(0)?.index == 0)
    }

    @Test func `time that runs backwards is refused`() throws {
        var scenario = try Scenario()
        scenario.seconds = 10
        _ = try scenario.request(0)
        scenario.seconds = 9
        #expect(throws: Refused.self) { try scenario.request(1) }
    }
}
