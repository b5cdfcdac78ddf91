import Federation
import Testing
import WorkUnits

/// Answers that are trained again by others.
@Suite struct AuditTests {
    private static func policy(share: Double = 1, lastVersion: Int = 10) -> RunPolicy {
        var policy = Scenario.policy(lastVersion: lastVersion, maximumStaleness: 1)
        policy.audit = AuditRule(share: share)
        policy.auditPatience = Seconds(50)
        return policy
    }

    /// Hosts 0 to 3 have each answered once, all of which was confirmed by the coordinator.
    private func trusted(share: Double = 1) throws -> Scenario {
        var scenario = try Scenario(Self.policy(share: share), hosts: 5)
        try scenario.gainTrust(hosts: 4)
        #expect(scenario.run.counts.audited == 0 && scenario.run.counts.convicted == 0)
        #expect(scenario.run.height == 0, "what no host confirms counts for nothing")
        return scenario
    }

    @Test func `the coordinator confirms the first host, and hosts that were confirmed the next`() throws {
        var scenario = try Scenario(Self.policy(share: 0.01), hosts: 3)
        #expect(try scenario.answer(try #require(try scenario.request(0))).verdicts == [.uncounted(because: .newcomer)])
        #expect(try scenario.request(0) == nil, "it waits until somebody has come to the same")
        try scenario.draw()
        let replay = try #require(scenario.replaysDue.first)
        #expect(try scenario.replay(replay).audited == [0])
        let own = try #require(try scenario.request(0))
        let first = try #require(try scenario.request(1))
        try scenario.answer(first)
        try scenario.answer(own)
        try scenario.draw()
        #expect(scenario.replaysDue.isEmpty && scenario.run.height == 1)
        let audit = try #require(try scenario.request(0))
        #expect(audit.unit == first.unit)
        let effects = try scenario.answer(audit)
        #expect(effects.verdicts == [.accepted], "the newcomer's unit counts, by who confirmed it")
        #expect(effects.contributions.map(\.host) == [Scenario.host(0)] && scenario.run.height == 2)
        #expect(effects.audited == [first.unit.index])
        #expect(try scenario.request(1) != nil)
    }

    @Test func `a host that is audited gives three answers more and then waits`() throws {
        var scenario = try trusted()
        try scenario.answer(try #require(try scenario.request(0)))
        try scenario.draw()
        for _ in 0..<3 {
            try scenario.answer(try #require(try scenario.request(0)))
            if scenario.run.dueMerge != nil { try scenario.merge() }
        }
        #expect(try scenario.request(0) == nil)
        try scenario.answer(try #require(try scenario.request(1)))
        #expect(try scenario.request(0) != nil)
    }

    @Test func `an audit waits for one of the hosts at work, and before its patience ends for any`() throws {
        var policy = Self.policy()
        policy.mergeEvery = 30
        var trusted = try Scenario(policy, hosts: 21)
        try trusted.gainTrust(hosts: 21)
        var taken: [Int] = []
        for beacon in 0..<20 {
            var scenario = trusted
            let leases = try (0..<20).map { try #require(try scenario.request($0)) }
            try scenario.answer(leases[0])
            _ = try scenario.apply(.drawn(beacons: [Digest(of: "beacon \(beacon)".utf8)]))
            var later = scenario
            later.seconds += 49.9
            #expect(try later.request(20)?.unit == leases[0].unit)
            // Whoever is always asking.
            if try scenario.request(20)?.unit == leases[0].unit { taken.append(beacon) }
        }
        #expect(taken.count <= 5, "one in twenty: \(taken)")
    }

    @Test func `an answer that is drawn goes to another host, and is confirmed where both say the same`() throws {
        var scenario = try trusted()
        let lease = try #require(try scenario.request(0))
        try scenario.answer(lease)
        try scenario.draw()
        #expect(try scenario.request(0)?.unit.index != lease.unit.index, "nobody audits himself")
        let audit = try #require(try scenario.request(1))
        #expect(audit.unit == lease.unit)
        let effects = try scenario.answer(audit)
        #expect(effects.verdicts == [.uncounted(because: .audit)], "it earns credit, and the height stays")
        #expect(effects.audited == [lease.unit.index] && scenario.run.counts.audited == 1)
        #expect(try scenario.request(2)?.unit.index != lease.unit.index, "once is enough")
    }

    @Test func `a suspicious answer is audited whatever is drawn, also by a run that is read back`() throws {
        var scenario = try trusted(share: 1e-6)
        for _ in 0..<20 {
            let lease = try #require(try scenario.request(0))
            try scenario.submit(lease)
            var suspected = scenario
            try scenario.apply(.judged(lease.assignment, .accepted))
            try suspected.apply(.judged(lease.assignment, .accepted, suspicion: .length(timesUsual: 9)))
            #expect(suspected.run.counts.suspicious == 1 && scenario.run.counts.suspicious == 0)
            let stored = try CanonicalJSON.encode(suspected.run)
            suspected.run = try CanonicalJSON.decode(TrainingRun.self, from: stored)
            try scenario.draw()
            try suspected.draw()
            #expect(try suspected.pass(60).replays.map(\.issue) == [lease.unit])
            if try scenario.pass(60).replays.isEmpty { return }
            if scenario.run.dueMerge != nil { try scenario.merge() }
        }
        #expect(Bool(false), "of twenty answers all were drawn")
    }

    @Test func `a run of which many answers were confirmed reads back as it was`() throws {
        var scenario = try trusted()
        for host in 0..<4 {
            try scenario.answer(try #require(try scenario.request(host)))
            try scenario.draw()
            for replay in try scenario.pass(60).replays { try scenario.replay(replay) }
            if scenario.run.dueMerge != nil { try scenario.merge() }
        }
        let bytes = try CanonicalJSON.encode(scenario.run)
        #expect(try CanonicalJSON.decode(TrainingRun.self, from: bytes) == scenario.run)
    }

    @Test func `where nothing is audited a suspicious answer counts`() throws {
        var scenario = try Scenario(Self.policy(share: 0))
        let lease = try #require(try scenario.request(0))
        try scenario.submit(lease)
        let effects = try scenario.apply(.judged(lease.assignment, .accepted, suspicion: .length(timesUsual: 9)))
        #expect(effects.contributions.count == 1 && scenario.run.counts.suspicious == 1)
        #expect(scenario.run.undrawnAnswers == 0)
        #expect(try scenario.pass(60).replays.isEmpty)
    }

    @Test func `a judgement in a journal keeps its suspicion, and needs none`() throws {
        let event = TrainingRun.Event.judged(
            3, .accepted, content: .zero, suspicion: .likeness(of: .zero, agreement: 0.875))
        let bytes = try CanonicalJSON.encode(event)
        #expect(try CanonicalJSON.decode(TrainingRun.Event.self, from: bytes) == event)
        let older = Array(#"{"judged":{"_0":3,"_1":{"accepted":{}}}}"#.utf8)
        #expect(try CanonicalJSON.decode(TrainingRun.Event.self, from: older) == .judged(3, .accepted))
    }

    @Test func `the coordinator decides where two differ, and the one that was wrong is convicted`() throws {
        for liar in [0, 1] {
            var scenario = try trusted()
            let lease = try #require(try scenario.request(0))
            try scenario.answer(lease, update: liar == 0 ? "false" : "good")
            try scenario.draw()
            let audit = try #require(try scenario.request(1))
            let disputed = try scenario.answer(audit, update: liar == 1 ? "false" : "good")
            #expect(disputed.verdicts == [.inconclusive])
            let replay = try #require(disputed.replays.first)
            #expect(replay.issue == lease.unit)
            let effects = try scenario.replay(replay)
            let conviction = try #require(effects.convictions.first)
            #expect(effects.convictions.count == 1 && conviction.host == Scenario.host(liar))
            #expect(conviction.unit == Scenario.unit(lease))
            #expect(effects.audited == [lease.unit.index])
            let credited = effects.uncounted.map(\.host)
            #expect(credited == (liar == 0 ? [Scenario.host(1)] : []), "who was right has credit")
            #expect(conviction.struck.contains(lease.unit.index) == (liar == 0))
            let merges = scenario.run.dueMerge.map { $0.contributions.map(\.host) } ?? []
            #expect(!merges.contains(Scenario.host(liar)))
        }
    }

    @Test func `what is confirmed of the time before a conviction does not bring back trust`() throws {
        var scenario = try trusted()
        let right = try #require(try scenario.request(0))
        try scenario.answer(right)
        let wrong = try #require(try scenario.request(0))
        try scenario.answer(wrong, update: "false")
        try scenario.draw()
        let replays = try scenario.pass(60).replays
        for replay in replays.reversed() { try scenario.replay(replay) }
        #expect(replays.map(\.issue.index) == [right, wrong].map(\.unit.index))
        #expect(scenario.run.counts.convicted == 1 && scenario.run.outstanding.replays.isEmpty)
        let answered = try scenario.answer(try #require(try scenario.request(0)))
        #expect(answered.verdicts == [.uncounted(because: .newcomer)], "its next answer is that of a newcomer")
        try scenario.draw()
        _ = try scenario.pass(60)
        for replay in scenario.replaysDue { try scenario.replay(replay) }
        #expect(try scenario.answer(try #require(try scenario.request(0))).verdicts == [.accepted])
    }

    @Test func `a training that parts on the way is replayed only so far`() throws {
        var scenario = try trusted()
        let lease = try #require(try scenario.request(0))
        try scenario.answer(lease, update: "false", parting: 2)
        try scenario.draw()
        let audit = try #require(try scenario.request(1))
        let replay = try #require(try scenario.answer(audit).replays.first)
        let steps = lease.unit.steps.count
        #expect(replay.steps == 3 * TrainingTrace.interval(steps: steps) && replay.steps < steps)
        let conviction = try #require(try scenario.replay(replay).convictions.first)
        #expect(conviction.host == Scenario.host(0) && conviction.recomputedContent == nil)
        #expect(conviction.claimed.firstDifference(from: conviction.recomputed, steps: steps)?.lowerBound == 2)
    }

    @Test func `where no host comes the coordinator trains the unit itself`() throws {
        var scenario = try trusted()
        let lease = try #require(try scenario.request(0))
        try scenario.answer(lease)
        try scenario.draw()
        #expect(try scenario.pass(49).replays.isEmpty)
        let replay = try #require(try scenario.pass(1).replays.first)
        #expect(scenario.run.outstanding == [.replay(replay)], "also after a crash")
        #expect(replay.steps == replay.issue.steps.count)
        #expect(try scenario.replay(replay).audited == [lease.unit.index])
        #expect(throws: Refused.unexpectedReplay(unit: lease.unit.index)) { try scenario.replay(replay) }
    }

    @Test func `a host that is new does not audit`() throws {
        var scenario = try trusted()
        let lease = try #require(try scenario.request(0))
        try scenario.answer(lease)
        try scenario.draw()
        scenario.seconds += 40
        #expect(try scenario.request(4)?.unit.index != lease.unit.index)
        #expect(try scenario.request(3)?.unit.index == lease.unit.index)
    }

    @Test func `convicted three times, a host gets no more work`() throws {
        var scenario = try Scenario(Self.policy(), hosts: 1)
        for time in 1...3 {
            try scenario.answer(try #require(try scenario.request(0)), update: "false")
            try scenario.draw()
            let replay = try #require(scenario.replaysDue.first)
            #expect(try scenario.replay(replay).convictions.count == 1)
            #expect(scenario.run.counts.convicted == time && scenario.run.height == 0)
        }
        #expect(throws: Refused.convicted(Scenario.host(0), times: 3)) { try scenario.request(0) }
    }

    @Test func `what a convicted host gave is merged out of the versions that have it`() throws {
        var scenario = try trusted()
        // Version 1: hosts 0 and 1; version 2: hosts 2 and 3.
        for host in 0..<4 {
            try scenario.answer(try #require(try scenario.request(host)), update: host == 0 ? "false" : "good")
            if scenario.run.dueMerge != nil { try scenario.merge() }
        }
        try scenario.draw()
        for replay in try scenario.pass(50).replays { try scenario.replay(replay) }
        #expect(scenario.run.counts.convicted == 1)
        for host in 1..<3 { try scenario.answer(try #require(try scenario.request(host))) }
        let merge = try #require(scenario.run.dueMerge)
        #expect(merge.version == 3 && merge.start.version == 0)
        #expect(merge.repeated.map(\.version) == [1, 2])
        #expect(merge.repeated[0].contributions.map(\.host) == [Scenario.host(1)])
        #expect(merge.repeated[1].contributions.count == 2)
        try scenario.merge()
        while scenario.run.dueMerge == nil { try scenario.answer(try #require(try scenario.request(3))) }
        #expect(scenario.run.dueMerge?.repeated.isEmpty == true, "the next version begins at one that is clean")
    }

    @Test func `of trusted hosts so large a share is audited as the rule says`() {
        let rule = AuditRule(share: 0.05)
        #expect(rule.probability(ofAnswer: 1) == 1 && rule.probability(ofAnswer: 4) == 0.25)
        let drawn = (0..<4000).count {
            rule.draws(
                update: Digest(of: "\($0)".utf8), number: 1000, beacon: Digest(of: "beacon \($0)".utf8))
        }
        #expect((140...260).contains(drawn), "\(drawn) of 4000: 200 are expected, with a deviation of 14")
        #expect(!AuditRule(share: 0).draws(update: .zero, number: 1, beacon: .zero))
    }
}

@Suite struct MergeHistoryTests {
    private func contribution(_ index: Int, host: Int) -> Contribution {
        Contribution(index: index, unit: .zero, update: .zero, host: Scenario.host(host), baseVersion: 0, tokens: 1)
    }

    /// Makes versions of one contribution each, of the host with the version's number.
    private func publish(_ versions: ClosedRange<Int>, in history: inout MergeHistory) {
        for version in versions {
            history.publish(merge(version, history), unmerged: [])
        }
    }

    private func merge(_ version: Int, _ history: MergeHistory) -> Merge {
        history.merge(
            version: version, height: version, previous: Scenario.version(version - 1),
            contributions: [contribution(version, host: version % 32)])
    }

    @Test func `the last four versions can be made again, older ones stay`() {
        var history = MergeHistory()
        publish(1...6, in: &history)
        #expect(history.open(of: Scenario.host(2), convictedOf: 9, unmerged: []).isEmpty)
        #expect(history.open(of: Scenario.host(3), convictedOf: 9, unmerged: []) == [3])
        history.strike([3])
        let next = merge(7, history)
        #expect(next.repeated.map(\.version) == [3, 4, 5, 6] && next.start == Scenario.version(2))
        #expect(next.repeated[0].contributions.isEmpty && next.repeated[1].contributions.count == 1)
    }

    @Test func `what was confirmed stays at a conviction, unless it is what the host is convicted of`() {
        var history = MergeHistory()
        publish(1...4, in: &history)
        history.confirm(contribution(3, host: 3), unmerged: [])
        #expect(history.open(of: Scenario.host(3), convictedOf: 9, unmerged: []).isEmpty)
        #expect(history.open(of: Scenario.host(3), convictedOf: 3, unmerged: []) == [3])
    }

    @Test func `a later conviction does not bring back what an earlier one struck`() {
        var history = MergeHistory()
        publish(1...4, in: &history)
        history.strike([2])
        publish(5...6, in: &history)
        #expect(merge(7, history).repeated.isEmpty)
        // Versions 2 to 4 still hold unit 2: what begins at 3 or 4 has to begin at 1.
        history.strike([4])
        let next = merge(7, history)
        #expect(next.start == Scenario.version(1))
        #expect(next.repeated.flatMap(\.contributions).map(\.index) == [3, 5, 6])
    }

    @Test func `what was struck and confirmed is stored as the same bytes whatever the order`() throws {
        var history = MergeHistory()
        publish(1...4, in: &history)
        for index in [4, 2, 3] { history.confirm(contribution(index, host: index), unmerged: []) }
        history.strike([3, 1, 4, 2])
        let stored = try CanonicalJSON.encode(history)
        #expect(String(decoding: stored, as: UTF8.self).contains(#""confirmed":[2,3,4]"#))
        #expect(try CanonicalJSON.decode(MergeHistory.self, from: stored) == history)
    }

    @Test func `no more versions are remembered than are allowed, whatever is struck`() {
        var history = MergeHistory()
        for version in 1...40 {
            history.publish(merge(version, history), unmerged: [])
            history.strike([version])
            #expect(merge(version + 1, history).repeated.count <= MergeHistory.most)
        }
    }
}
