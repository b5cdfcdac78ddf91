import Federation
import Testing
import WorkUnits

/// Units of 8, 16, 32 or 64 steps, of more than 8 only where they take no more than 40 seconds.
struct SizingTests {
    private let policy = Scenario.policy(mergeEvery: 100, unitSteps: 64, leastUnitSteps: 8)

    /// Answers so many units, each step taking so many seconds; returns the steps of each.
    private func sizes(_ units: Int, secondsPerStep: Double, in scenario: inout Scenario) throws -> [Int] {
        try (0..<units).map { _ in
            let lease = try #require(try scenario.request(0))
            scenario.seconds += secondsPerStep * Double(lease.unit.steps.count)
            try scenario.answer(lease)
            return lease.unit.steps.count
        }
    }

    @Test func `a host begins with the least and gets what suits its pace`() throws {
        for (pace, steps) in [(0.1, 64), (0.7, 32), (1.3, 16), (2.6, 8), (11, 8)] {
            var scenario = try Scenario(policy)
            #expect(try sizes(3, secondsPerStep: pace, in: &scenario) == [8, steps, steps], "\(pace) s a step")
        }
    }

    @Test func `a host that becomes slow gets shorter units`() throws {
        var scenario = try Scenario(policy)
        #expect(try sizes(2, secondsPerStep: 0.1, in: &scenario) == [8, 64])
        #expect(try sizes(4, secondsPerStep: 2, in: &scenario) == [64, 32, 16, 16])
    }

    @Test func `a deadline that passes halves the next unit`() throws {
        var scenario = try Scenario(policy)
        _ = try sizes(1, secondsPerStep: 1, in: &scenario)
        let late = try #require(try scenario.request(0))
        #expect(late.unit.steps.count == 32)
        scenario.seconds += 10_000
        try scenario.apply(.timePassed)
        #expect(try scenario.request(0)?.unit.steps.count == 16)
    }

    @Test func `a lease is three times what the unit should take within its bounds`() throws {
        var policy = policy
        policy.patience = Seconds(1e6)
        policy.lease = Seconds(1000)
        policy.unitTime = Seconds(160)
        var scenario = try Scenario(policy)
        func lease() throws -> Double {
            let lease = try #require(try scenario.request(0))
            return Double(lease.deadline.milliseconds) / 1000 - scenario.seconds
        }
        #expect(try lease() == 1000, "nothing is known of it")
        _ = try sizes(1, secondsPerStep: 2, in: &scenario)
        #expect(abs(try lease() - 3 * 64 * 2) < 1)
        _ = try sizes(6, secondsPerStep: 0.01, in: &scenario)
        #expect(try lease() == 120)
        _ = try sizes(9, secondsPerStep: 500, in: &scenario)
        #expect(try lease() == 1000)
    }

    @Test func `units of all sizes cover the data without gap or overlap`() throws {
        var scenario = try Scenario(policy, hosts: 3)
        var steps: [Range<Int>] = []
        for _ in 0..<30 {
            for (host, pace) in [0.1, 1.3, 4].enumerated() {
                guard let lease = try scenario.request(host) else { continue }
                steps.append(lease.unit.steps)
                scenario.seconds += pace * Double(lease.unit.steps.count)
                try scenario.answer(lease)
            }
        }
        steps.sort { $0.lowerBound < $1.lowerBound }
        #expect(Set(steps.map(\.count)).count > 2)
        #expect(steps.allSatisfy { $0.lowerBound / 64 == ($0.upperBound - 1) / 64 }, "a unit lies in one shard")
        #expect(zip(steps, steps.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound })
        let gaps = zip(steps, steps.dropFirst()).map { $1.lowerBound - $0.upperBound }.reduce(0, +)
        #expect(gaps < 3 * 64, "what is left of the last shards: \(gaps)")
    }

    @Test func `a slower host takes the first part of a unit that a fast one left`() throws {
        var scenario = try Scenario(policy)
        _ = try sizes(2, secondsPerStep: 0.1, in: &scenario)
        let lost = try #require(try scenario.request(0))
        #expect(lost.unit.steps.count == 64)
        scenario.seconds += Scenario.lease
        let again = try #require(try scenario.request(1))
        #expect(again.unit.index == lost.unit.index && again.unit.steps == lost.unit.steps.prefix(8))
        let next = try #require(try scenario.request(2))
        #expect(next.unit.steps.lowerBound < lost.unit.steps.lowerBound, "what was left of the first shard")
        #expect(try scenario.answer(again).contributions.map(\.tokens) == [8 * 125])
        #expect(try scenario.answer(lost).uncounted.map(\.tokens) == [64 * 125])
    }

    @Test func `a shard that the least unit does not divide is refused`() {
        #expect(throws: InvalidSetting.self) {
            try TrainingRun(
                policy: Scenario.policy(unitSteps: 64, leastUnitSteps: 24), base: Scenario.version(0),
                at: Timestamp(milliseconds: 0))
        }
    }
}
