import Foundation
import LanguageModel
import Testing
import Training
import WorkUnits

struct BatchOrderTests {
    @Test func `every sequence comes once in an epoch, and epochs differ`() throws {
        var order = try BatchOrder(tokens: 101, length: 10, seed: 3)
        #expect(order.sequences == 10)
        let epochs = (0..<3).map { epoch in (0..<10).map { order.start(ofSequence: epoch * 10 + $0) } }
        for epoch in epochs { #expect(epoch.sorted() == Array(stride(from: 0, to: 100, by: 10))) }
        #expect(Set(epochs).count == 3)
    }

    @Test func `the order is a function of seed and index, not of what was asked before`() throws {
        var forwards = try BatchOrder(tokens: 1000, length: 7, seed: 3)
        var backwards = try BatchOrder(tokens: 1000, length: 7, seed: 3)
        let starts = (0..<500).map { forwards.start(ofSequence: $0) }
        #expect((0..<500).reversed().map { backwards.start(ofSequence: $0) } == starts.reversed())
        var other = try BatchOrder(tokens: 1000, length: 7, seed: 4)
        #expect((0..<500).map { other.start(ofSequence: $0) } != starts)
    }

    @Test func `a text needs one token more than a sequence`() throws {
        #expect(try BatchOrder(tokens: 11, length: 10, seed: 0).sequences == 1)
        #expect(throws: TrainingFailure.textTooShort(tokens: 10, needed: 11)) {
            try BatchOrder(tokens: 10, length: 10, seed: 0)
        }
        #expect(throws: TrainingFailure.self) { try BatchOrder(tokens: 0, length: 10, seed: 0) }
    }
}

struct LearningRateTests {
    let schedule = LearningRateSchedule(peak: 1, final: 0.2, warmupSteps: 4, totalSteps: 14, restartSteps: 0)

    @Test(arguments: [(0, 0.25), (3, 1), (4, 1), (9, 0.6), (14, 0.2), (1000, 0.2)])
    func `it climbs, falls along a cosine and stays`(step: Int, rate: Double) {
        #expect(abs(schedule.rate(step: step, firstStep: 0) - rate) < 1e-12)
        #expect(schedule.rate(step: 0, firstStep: step) == schedule.rate(step: step, firstStep: 0))
    }

    @Test func `a unit climbs back to the schedule in its own first steps`() {
        var restarting = schedule
        restarting.restartSteps = 2
        #expect(restarting.rate(step: 0, firstStep: 9) == schedule.rate(step: 9, firstStep: 0) / 2)
        #expect(restarting.rate(step: 1, firstStep: 9) == schedule.rate(step: 10, firstStep: 0))
        #expect(restarting.rate(step: 2, firstStep: 9) == schedule.rate(step: 11, firstStep: 0))
    }

    @Test func `the rate that bounds an update is no lower, and not much higher`() {
        for restarts in [0, 3] {
            var schedule = LearningRateSchedule(
                peak: 1, final: 0, warmupSteps: 7, totalSteps: 207, restartSteps: restarts)
            for final in [0, 0.2, 1, 3] {
                schedule.final = final
                for first in 0..<220 {
                    for step in [0, 1, 5] {
                        let rate = schedule.rate(step: step, firstStep: first)
                        let largest = schedule.largestRate(step: step, firstStep: first)
                        // (4/π)², and a rate that still climbs to `final`.
                        #expect(largest >= rate * (1 - 1e-12) && largest <= rate * 1.6212 * max(1, final))
                    }
                }
            }
        }
    }

    @Test func `a schedule without warm-up, or with nothing but warm-up, has no division by zero`() {
        let none = LearningRateSchedule(peak: 1, final: 0.2, warmupSteps: 0, totalSteps: 10, restartSteps: 0)
        #expect(none.rate(step: 0, firstStep: 0) == 1)
        let all = LearningRateSchedule(peak: 1, final: 0.2, warmupSteps: 10, totalSteps: 10, restartSteps: 0)
        #expect(all.rate(step: 9, firstStep: 0) == 1)
        #expect(all.rate(step: 10, firstStep: 0) == 0.2)
    }
}

struct PortableScheduleTests {
    @Test func `the own cosine agrees with the C library's`() {
        for index in 0...100_000 {
            let angle = Double(index) / 100_000
            #expect(abs(HalfTurns.cosine(angle) - cos(.pi * angle)) <= 0x1p-51, "\(angle)")
        }
        #expect(HalfTurns.cosine(0) == 1)
        #expect(HalfTurns.cosine(0.5) == 0)
        #expect(HalfTurns.cosine(1) == -1)
        #expect(HalfTurns.cosine(0.2) == -HalfTurns.cosine(1 - 0.2))
    }

    @Test(arguments: [
        (0.1, 0x3FEE_6F0E_1344_54FF as UInt64),
        (0.25, 0x3FE6_A09E_667F_3BCD),
        (0.3, 0x3FE2_CF23_0475_5A5E),
        (0.7, 0xBFE2_CF23_0475_5A5D),
        (0.9, 0xBFEE_6F0E_1344_5500),
    ])
    func `its bits are these on every machine`(angle: Double, bits: UInt64) {
        #expect(HalfTurns.cosine(angle).bitPattern == bits)
    }

    @Test(arguments: [
        (100, 0x3F4F_EC83_DD88_453A as UInt64),
        (281, 0x3F42_05BC_01A3_6E2F),
        (511, 0x3F1A_3795_A7FE_F8E5),
    ])
    func `a rate has these bits on every machine`(step: Int, bits: UInt64) {
        let schedule = LearningRateSchedule(
            peak: 1e-3, final: 1e-4, warmupSteps: 50, totalSteps: 512, restartSteps: 0)
        #expect(schedule.rate(step: step, firstStep: 0).bitPattern == bits)
    }

    @Test func `the rate follows the run's height, not the unit`() {
        let schedule = LearningRateSchedule(peak: 1, final: 0, warmupSteps: 8, totalSteps: 64, restartSteps: 0)
        let run = (0..<64).map { schedule.rate(step: $0, firstStep: 0) }
        // Units of 16 steps, from versions 0 to 3: version · steps have gone before.
        let units = (0..<4).flatMap { version in (0..<16).map { schedule.rate(step: $0, firstStep: version * 16) } }
        #expect(units == run)
        #expect(Set(run[8...]).count == 56, "after the warm-up every height has a rate of its own")
    }
}
