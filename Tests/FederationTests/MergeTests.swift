import Federation
import Testing
import WorkUnits

struct MergeTests {
    @Test func `a merge has its contributions in the order of units whatever the order of arrival`() throws {
        var scenario = try Scenario(Scenario.policy(mergeEvery: 4))
        let leases = try (0..<4).map { try #require(try scenario.request($0)) }
        var effects: [TrainingRun.Effect] = []
        for place in [2, 0, 3, 1] {
            #expect(effects.merges.isEmpty)
            effects = try scenario.answer(leases[place])
        }
        let merge = try #require(effects.merges.first)
        #expect(merge.version == 1 && merge.height == 4 && merge.previous == Scenario.version(0))
        #expect(merge.contributions.map(\.index) == [0, 1, 2, 3])
        #expect(scenario.run.outstanding == [.merge(merge)])
    }

    @Test func `a version is published once and only when it is due`() throws {
        var scenario = try Scenario()
        #expect(throws: Refused.unexpectedVersion(1)) { try scenario.merge() }
        try scenario.completeVersion()
        #expect(scenario.run.base == Scenario.version(1))
        let again = TrainingRun.Event.merged(Scenario.version(1), manifest: Digest(of: []))
        #expect(throws: Refused.unexpectedVersion(1)) { try scenario.apply(again) }
        #expect(throws: Refused.unexpectedVersion(2)) { try scenario.merge() }
    }

    @Test func `a merge is recorded with its height`() throws {
        var scenario = try Scenario()
        for _ in 0..<2 { try scenario.answer(try #require(try scenario.request(0))) }
        #expect(
            try scenario.merge() == [
                .record(.checkpoint(Scenario.version(1), height: 2, manifest: Digest(of: "manifest".utf8)))
            ])
    }

    @Test func `units start from the newest version`() throws {
        var scenario = try Scenario()
        try scenario.completeVersion()
        let lease = try #require(try scenario.request(1))
        #expect(lease.unit.base == Scenario.version(1))
        #expect(lease.unit.index == 2)
    }

    @Test func `contributions that come during a merge wait for the next`() throws {
        var scenario = try Scenario(Scenario.policy(mergeEvery: 2, maximumStaleness: 1))
        let leases = try (0..<4).map { try #require(try scenario.request($0)) }
        #expect(try scenario.answer(leases[0]).merges.isEmpty)
        #expect(try scenario.answer(leases[1]).merges.map(\.version) == [1])
        #expect(try scenario.answer(leases[2]).merges.isEmpty)
        #expect(try scenario.answer(leases[3]).merges.isEmpty, "one merge at a time")
        let next = try #require(try scenario.merge().merges.first)
        #expect(next.version == 2 && next.contributions.map(\.index) == [2, 3])
    }

    @Test func `a unit that was overtaken starts again from the newest version and its first answer earns credit`()
        throws
    {
        var scenario = try Scenario(Scenario.policy(mergeEvery: 2, maximumStaleness: 1))
        let slow = try #require(try scenario.request(3))
        try scenario.completeVersion(by: 0)
        try scenario.completeVersion(by: 0)
        #expect(try scenario.lease(of: 3) == slow)
        let again = try #require(try scenario.request(1))
        #expect(again.unit.index == slow.unit.index && again.unit.base == Scenario.version(2))
        let effects = try scenario.answer(slow)
        #expect(effects.verdicts == [.uncounted(because: .late)] && effects.uncounted.map(\.baseVersion) == [0])
        #expect(scenario.run.height == 4)
        #expect(try scenario.answer(again).contributions.map(\.baseVersion) == [2])
    }

    @Test func `an update that was overtaken while it was judged earns credit`() throws {
        var scenario = try Scenario(Scenario.policy(mergeEvery: 1, maximumStaleness: 1))
        let slow = try #require(try scenario.request(3))
        try scenario.submit(slow)
        try scenario.completeVersion(by: 0)
        try scenario.answer(try #require(try scenario.request(0)))
        #expect(try scenario.apply(.judged(slow.assignment, .accepted)).verdicts == [.uncounted(because: .late)])
        #expect(try scenario.submit(slow).verdicts == [.uncounted(because: .late)])
    }

    @Test func `a staleness of one counts`() throws {
        var scenario = try Scenario(Scenario.policy(mergeEvery: 2, maximumStaleness: 1))
        let slow = try #require(try scenario.request(3))
        try scenario.completeVersion(by: 0)
        #expect(try scenario.answer(slow).contributions.map(\.baseVersion) == [0])
    }

    @Test func `the run ends at its last version`() throws {
        var scenario = try Scenario(Scenario.policy(lastVersion: 3))
        for _ in 0..<3 {
            #expect(!scenario.run.isFinished)
            try scenario.completeVersion()
        }
        #expect(scenario.run.isFinished && scenario.run.height == 6)
        #expect(try scenario.apply(.workRequested(Scenario.host(0))) == [.finished])
    }
}
