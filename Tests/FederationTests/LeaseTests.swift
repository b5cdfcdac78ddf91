import Federation
import Testing
import WorkUnits

struct LeaseTests {
    @Test func `a unit whose lease ended goes to another host`() throws {
        var scenario = try Scenario()
        let lost = try #require(try scenario.request(0))
        scenario.seconds = Scenario.lease - 0.001
        #expect(try scenario.request(1)?.unit.index == 1)
        scenario.seconds = Scenario.lease
        let again = try #require(try scenario.request(2))
        #expect(again.unit == lost.unit)
        #expect(again.assignment != lost.assignment)
        #expect(scenario.run.counts.late == 1 && scenario.run.counts.expired == 0)
    }

    @Test func `a late answer counts when nobody else has answered`() throws {
        var scenario = try Scenario()
        let late = try #require(try scenario.request(0))
        scenario.seconds = 5 * Scenario.lease
        try scenario.apply(.timePassed)
        #expect(try scenario.answer(late).contributions.map(\.host) == [Scenario.host(0)])
        #expect(try scenario.request(1)?.unit.index == 1, "its unit is not issued again")
    }

    @Test func `of a late host and the one that got its unit the first to answer counts and both earn credit`() throws {
        var scenario = try Scenario(Scenario.policy(mergeEvery: 4))
        let late = try #require(try scenario.request(0))
        scenario.seconds = Scenario.lease
        let again = try #require(try scenario.request(1))
        var other = scenario
        let counting = try scenario.answer(late)
        let second = try scenario.answer(again)
        #expect(counting.contributions.map(\.host) == [Scenario.host(0)] && counting.verdicts == [.accepted])
        #expect(second.contributions.isEmpty && second.verdicts == [.uncounted(because: .late)])
        #expect(second.uncounted.map(\.host) == [Scenario.host(1)])
        #expect(scenario.run.height == 1 && scenario.run.openAssignments == 0)
        #expect(try other.answer(again).contributions.map(\.host) == [Scenario.host(1)])
        #expect(try other.answer(late).uncounted.map(\.host) == [Scenario.host(0)])
        #expect(try other.submit(late).verdicts == [.uncounted(because: .late)], "and hears it again")
    }

    @Test func `who comes back late goes on with work that can still count`() throws {
        var scenario = try Scenario()
        let late = try #require(try scenario.request(0))
        scenario.seconds = Scenario.lease + 1
        let renewed = try #require(try scenario.request(0))
        #expect(renewed.assignment == late.assignment && renewed.unit == late.unit)
        #expect(renewed.deadline == late.deadline + Seconds(Scenario.lease + 1))
        #expect(try scenario.request(1)?.unit == late.unit, "others need not wait for it")
        #expect(try scenario.answer(renewed).verdicts == [.accepted])
    }

    @Test func `who comes back late to work that cannot count any more gets other work`() throws {
        var scenario = try Scenario()
        let late = try #require(try scenario.request(0))
        scenario.seconds = Scenario.lease
        try scenario.completeVersion(by: 1)
        let other = try #require(try scenario.request(0))
        #expect(other.unit.base == Scenario.version(1))
        #expect(throws: Refused.expired(late.assignment, deadline: late.deadline)) { try scenario.submit(late) }
        #expect(scenario.run.counts.expired == 1)
    }

    @Test func `a host that never comes back is forgotten`() throws {
        var scenario = try Scenario()
        let lost = try #require(try scenario.request(0))
        scenario.seconds = Scenario.lease + Scenario.patience - 1
        try scenario.apply(.timePassed)
        #expect(scenario.run.openAssignments == 1)
        scenario.seconds += 1
        #expect(throws: Refused.expired(lost.assignment, deadline: lost.deadline)) { try scenario.submit(lost) }
        try scenario.apply(.timePassed)
        #expect(scenario.run.openAssignments == 0)
        #expect(throws: Refused.expired(lost.assignment, deadline: lost.deadline)) { try scenario.submit(lost) }
    }

    @Test func `time that passes without anything due changes nothing`() throws {
        var scenario = try Scenario()
        _ = try scenario.request(0)
        scenario.seconds = Scenario.lease - 1
        let revision = scenario.run.revision
        try scenario.apply(.timePassed)
        #expect(scenario.run.revision == revision, "nothing to store")
        scenario.seconds = Scenario.lease
        try scenario.apply(.timePassed)
        #expect(scenario.run.counts.late == 1)
    }

    @Test func `a host prefers units that it has not failed`() throws {
        var scenario = try Scenario()
        for host in 0..<2 {
            let lease = try #require(try scenario.request(host))
            #expect(lease.unit.index == 0, "the lowest open unit comes first")
            try scenario.answer(lease, verdict: .rejected(reason: "not finite"))
        }
        scenario.seconds = Scenario.lease
        #expect(try scenario.request(2)?.unit.index == 0)
        #expect(try scenario.request(0)?.unit.index == 1)
    }

    @Test func `a host whose update was rejected waits out its lease before it gets the unit again`() throws {
        var scenario = try Scenario(Scenario.policy(mergeEvery: 1))
        let bad = try #require(try scenario.request(0))
        try scenario.answer(bad, verdict: .rejected(reason: "not finite"))
        #expect(try scenario.request(0) == nil)
        var other = scenario
        #expect(try other.request(1)?.unit.index == 0, "another host need not wait")
        scenario.seconds = Scenario.lease
        #expect(try scenario.request(0)?.unit.index == 0)
    }

    @Test func `time that runs backwards is refused`() throws {
        var scenario = try Scenario()
        scenario.seconds = 10
        _ = try scenario.request(0)
        scenario.seconds = 9
        #expect(throws: Refused.self) { try scenario.request(1) }
    }
}
