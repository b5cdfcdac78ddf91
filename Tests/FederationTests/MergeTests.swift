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
        #expect(lease.base == Scenario.version(1))
        #expect(lease.index == 2)
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

    @Test func `a unit that was overtaken is taken back and starts again from the newest version`() throws {
        var scenario = try Scenario(Scenario.policy(mergeEvery: 2, maximumStaleness: 1))
        let slow = try #require(try scenario.request(3))
        try scenario.completeVersion(by: 0)
        #expect(try scenario.lease(of: 3) == slow, "one version behind is not too stale")
        try scenario.completeVersion(by: 0)
        #expect(scenario.run.lease(of: Scenario.host(3)) == nil)
        #expect(throws: Refused.outdated(slow.assignment, base: 0)) { try scenario.submit(slow) }
        let again = try #require(try scenario.request(1))
        #expect(again.index == slow.index && again.base == Scenario.version(2))
        #expect(scenario.run.counts.outdated == 1)
    }

    @Test func `an update that was overtaken while it was judged is rejected as too old`() throws {
        var scenario = try Scenario(Scenario.policy(mergeEvery: 1, maximumStaleness: 0))
        var stale = try Scenario(Scenario.policy(mergeEvery: 1, maximumStaleness: 1))
        let slow = try #require(try stale.request(3))
        try stale.submit(slow)
        try stale.completeVersion(by: 0)
        let effects = try stale.answer(try #require(try stale.request(0)))
        #expect(effects.replies[slow.assignment]?.verdict.isRejected == true)
        #expect(throws: Refused.unexpectedJudgement(slow.assignment)) {
            try stale.apply(.judged(slow.assignment, .accepted))
        }
        #expect(try stale.submit(slow).verdicts.map(\.isRejected) == [true])
        try scenario.completeVersion()
        #expect(scenario.run.counts.outdated == 0, "without staleness nothing is overtaken")
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
