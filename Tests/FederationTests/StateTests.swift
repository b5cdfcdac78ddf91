import Federation
import TestSupport
import Testing
import WorkUnits

struct StateTests {
    @Test func `a run reads back from canonical JSON as it was`() throws {
        var scenario = try Scenario(Scenario.policy(mergeEvery: 3, quorum: 2, maximumStaleness: 1))
        let leases = try (0..<4).map { try #require(try scenario.request($0)) }
        try scenario.answer(leases[0])
        try scenario.submit(leases[1])
        scenario.seconds = Scenario.lease
        try scenario.apply(.timePassed)
        let bytes = try CanonicalJSON.encode(scenario.run)
        #expect(try CanonicalJSON.decode(TrainingRun.self, from: bytes) == scenario.run)
    }

    @Test func `a run whose numbers do not add up breaks an invariant`() throws {
        var scenario = try Scenario(Scenario.policy(mergeEvery: 3))
        try scenario.answer(try #require(try scenario.request(0)))
        _ = try scenario.request(1)
        let text = String(decoding: try CanonicalJSON.encode(scenario.run), as: UTF8.self)
        let changes = [
            (1, "\"height\":1,\"history\"", "\"height\":2,\"history\""), (2, "\"nextIndex\":2", "\"nextIndex\":3"),
            (4, "\"baseVersion\":0", "\"baseVersion\":1"), (8, "\"vacant\":[]", "\"vacant\":[1]"),
            (7, "\"deadline\":100000", "\"deadline\":0"),
            (9, "\"accepted\":1", "\"accepted\":0"), (10, "\"assignment\":0,\"end\"", "\"assignment\":1,\"end\""),
        ]
        for (number, old, new) in changes {
            let parts = text.split(separator: old, omittingEmptySubsequences: false)
            #expect(parts.count == 2, "\(old) is not in \(text)")
            let run = try CanonicalJSON.decode(TrainingRun.self, from: Array(parts.joined(separator: new).utf8))
            let broken = #expect(throws: BrokenInvariant.self) { try run.checkInvariants() }
            #expect(broken?.number == number)
        }
    }

    @Test func `memory does not grow with the units done`() throws {
        var scenario = try Scenario(Scenario.policy(lastVersion: 10_000))
        var sizes: [Int] = []
        for _ in 0..<8 {
            for _ in 0..<50 { try scenario.completeVersion() }
            sizes.append(try CanonicalJSON.encode(scenario.run).count)
        }
        #expect(scenario.run.height == 800)
        let later = sizes.dropFirst(2)
        #expect((later.max() ?? 0) - (later.min() ?? 0) < 1000, "bytes after every 50 versions: \(sizes)")
    }

    /// Random events of few hosts, many of them nonsense: whatever comes, the invariants hold, a refusal changes nothing,
    /// and the journal of what changed something makes the same run again.
    @Test(arguments: 1...24 as ClosedRange<UInt64>) func `any events keep the invariants and replay`(
        seed: UInt64
    ) throws {
        var random = SplitMix64(seed: seed)
        let quorum = Int.random(in: 1...3, using: &random)
        let policy = Scenario.policy(
            mergeEvery: Int.random(in: 1...4, using: &random), lastVersion: 12, quorum: quorum,
            maximumReplicas: quorum + Int.random(in: 0...2, using: &random),
            maximumStaleness: Int.random(in: 0...2, using: &random), rememberedOutcomes: 8)
        var scenario = try Scenario(policy, hosts: 7)
        var replayed = scenario.run
        var leases: [Lease] = []
        var refusals = 0
        for _ in 0..<1500 {
            scenario.seconds += Double.random(in: 0...4, using: &random)
            let event = randomEvent(scenario.run, leases, &random)
            let revision = scenario.run.revision
            do {
                for case .assign(let lease) in try scenario.apply(event) { leases.append(lease) }
            } catch is Refused {
                refusals += 1
            }
            guard scenario.run.revision > revision else { continue }
            _ = try replayed.apply(event, at: scenario.run.time)
            #expect(replayed == scenario.run)
        }
        #expect(scenario.run.version > 1 && refusals > 0, "seed \(seed) tries too little")
    }

    private func randomEvent(
        _ run: TrainingRun, _ leases: [Lease], _ random: inout SplitMix64
    ) -> TrainingRun.Event {
        let lease = leases.suffix(10).randomElement(using: &random)
        let isSensible = Int.random(in: 0..<4, using: &random) > 0
        switch (Int.random(in: 0..<10, using: &random), lease) {
        case (0...3, _), (_, nil): return .workRequested(Scenario.host(Int.random(in: 0..<8, using: &random)))
        case (4...6, let lease?):
            let host = isSensible ? lease.host : Scenario.host(Int.random(in: 0..<7, using: &random))
            let update = ["good", "good", "good", "odd"].randomElement(using: &random) ?? "good"
            return .submitted(Scenario.submission(lease, update: update, host: host))
        case (7...8, let lease?):
            let work = run.outstanding.randomElement(using: &random)
            if isSensible, case .merge(let merge) = work {
                return .merged(Scenario.version(merge.version), manifest: Digest(of: []))
            }
            let verdicts: [Verdict] = [.accepted, .accepted, .accepted, .rejected(reason: "bad"), .inconclusive]
            let verdict = verdicts.randomElement(using: &random) ?? .accepted
            guard isSensible, case .judge(let judging) = work else { return .judged(lease.assignment, verdict) }
            let suspicion: Suspicion? = Bool.random(using: &random) ? nil : .length(timesUsual: 9.5)
            return .judged(judging.assignment, verdict, suspicion: suspicion)
        default:
            let version = run.version + Int.random(in: 0...2, using: &random)
            return isSensible ? .timePassed : .merged(Scenario.version(version), manifest: Digest(of: []))
        }
    }
}
