import Foundation
import Simulator
import Testing
import WorkUnits

struct WorldTests {
    @Test func `what is due first comes first, and of equals what was added first`() {
        var queue = EventQueue<Int>()
        var random = RandomStream(seed: 1, stream: 1)
        let times = (0..<500).map { _ in Int64(random.below(50)) }
        for (event, time) in times.enumerated() { queue.add(event, at: Timestamp(milliseconds: time)) }
        var taken: [(time: Int64, event: Int)] = []
        while let next = queue.next() { taken.append((next.time.milliseconds, next.event)) }
        #expect(taken.map(\.event) == times.indices.sorted { (times[$0], $0) < (times[$1], $1) })
        #expect(queue.isEmpty && queue.next() == nil)
    }

    @Test func `events may come and go in any order`() throws {
        var queue = EventQueue<Int>()
        var random = RandomStream(seed: 2, stream: 1)
        var waiting: [(time: Int64, event: Int)] = []
        for event in 0..<2000 {
            let time = Int64(random.below(1000))
            queue.add(event, at: Timestamp(milliseconds: time))
            waiting.append((time, event))
            guard random.chance(0.7) else { continue }
            let first = try #require(waiting.indices.min { waiting[$0] < waiting[$1] })
            let next = queue.next()
            let taken = try #require(next)
            #expect((taken.time.milliseconds, taken.event) == waiting[first])
            waiting.remove(at: first)
        }
    }

    @Test func `exponentials and logarithms are those of the C library to twelve digits`() {
        for step in -200...200 {
            let x = Double(step) / 7
            #expect(abs(Portable.exp(x) / exp(x) - 1) < 1e-12)
            let y = exp(Double(step) / 3)
            #expect(abs(Portable.log(y) - log(y)) <= 1e-13 * max(1, abs(log(y))), "\(y)")
        }
        #expect(Portable.exp(0) == 1 && Portable.log(1) == 0)
    }

    @Test func `draws have the moments of their distributions`() {
        var random = RandomStream(seed: 2, stream: 7)
        func mean(_ draw: () -> Double) -> Double { (0..<20_000).reduce(0) { sum, _ in sum + draw() } / 20_000 }
        #expect(abs(mean { random.normal() }) < 0.03)
        #expect(abs(mean { random.exponential(mean: 3) } - 3) < 0.1)
        #expect(abs(mean { random.gamma(shape: 2.5) } - 2.5) < 0.05)
        #expect(abs(mean { random.gamma(shape: 0.2) } - 0.2) < 0.02)
        let speeds = (0..<5000).map { _ in HostProfile.internet.speed.draw(from: &random) }.sorted()
        #expect(abs(log(speeds[2500])) < 0.05)
        #expect(speeds[0] >= 0.1 && speeds[4999] <= 10 && speeds[4999] / speeds[0] > 50)
    }

    @Test func `a small alpha gives a host nearly one text, a large one everybody the same`() {
        var random = RandomStream(seed: 3, stream: 1)
        let sizes = [0.5, 0.3, 0.2]
        let narrow = (0..<200).map { _ in random.dirichlet(sizes.map { $0 * 0.05 }) }
        let broad = (0..<200).map { _ in random.dirichlet(sizes.map { $0 * 1000 }) }
        for shares in narrow + broad { #expect(abs(shares.reduce(0, +) - 1) < 1e-9) }
        #expect(narrow.count { ($0.max() ?? 0) > 0.95 } > 150)
        #expect(broad.allSatisfy { zip($0, sizes).allSatisfy { abs($0 - $1) < 0.1 } })
        #expect(random.dirichlet([1e-300, 1e-300]).reduce(0, +) == 1)
    }

    @Test func `a computer that is always on takes exactly its time`() {
        var availability = Availability(
            .alwaysOn, profile: .lan, joining: 10, random: RandomStream(seed: 1, stream: 1))
        #expect(availability.end(of: 5, from: 0) == 15)
        #expect(availability.end(of: 5, from: 15) == 20)
        #expect(availability.isOn(at: 16))
    }

    @Test func `work waits while a computer is off`() throws {
        for seed in 1...20 as ClosedRange<UInt64> {
            var availability = Availability(
                .sporadic(on: 2, off: 4), profile: .lan, joining: 0, random: RandomStream(seed: seed, stream: 1))
            var time = 0.0
            for _ in 0..<400 {
                let next = availability.end(of: 3600, from: time)
                let end = try #require(next)
                #expect(end >= time + 3600)
                time = end
            }
            // 400 hours on, at a third of the time.
            #expect((700.0...1900).contains(time / 3600), "seed \(seed)")
        }
    }

    @Test func `hosts leave for good, and nothing ends after that`() {
        var ended = 0
        for seed in 1...50 as ClosedRange<UInt64> {
            var availability = Availability(
                .daily(hours: 3...12), profile: .internet, joining: 0, random: RandomStream(seed: seed, stream: 1))
            if availability.end(of: 3600 * 24 * 365, from: 0) == nil { ended += 1 }
        }
        #expect(ended > 25)
    }

    @Test(arguments: Attack.allCases) func `a hostile update is as long as the honest one, but for times1000`(
        attack: Attack
    ) {
        var random = RandomStream(seed: 5, stream: 5)
        let honest = (0..<4096).map { _ in Float(random.normal()) }
        let hostile = attack.apply(to: honest, random: &random)
        func norm(_ values: [Float]) -> Double { values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot() }
        let ratio = norm(hostile) / norm(honest)
        #expect(abs(ratio - (attack == .times1000 ? 1000 : 1)) < 1e-3 * ratio)
        #expect(hostile != honest)
    }
}
