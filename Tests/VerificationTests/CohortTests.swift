import TestSupport
import Testing
import Verification
import WorkUnits

struct CohortTests {
    /// Changes of a common direction and of their own, as honest training gives from one version.
    private static func update(_ number: UInt64, common: Float = 1, own: Float = 1) -> [Float] {
        var (shared, random) = (SplitMix64(seed: 1000), SplitMix64(seed: number))
        return zip(shared.floats(6000, scale: 1e-3), random.floats(6000, scale: 1e-3)).map { common * $0 + own * $1 }
    }

    private static func member(
        _ number: Int, _ update: [Float], own: Double = -0.2, other: Double = 0.05, base: String = "base",
        text: Int? = nil
    ) -> Cohort.Member {
        var unit = WorkUnit.example(index: number, shard: [], tokenCount: 97)
        unit.firstToken = 96 * (text ?? number)
        unit.base.weights = Digest(of: base.utf8)
        var sketching = UpdateSketching(parameters: update.count, seed: 3)
        sketching.add(update, at: 0)
        return Cohort.Member(
            unit, named: Digest(of: "unit \(number)".utf8), sketch: sketching.finish(),
            change: LossChange(own: own, other: other))
    }

    /// Twelve honest updates, whose losses scatter by some hundredths.
    private static func honest() -> Cohort {
        var cohort = Cohort()
        for number in 0..<12 {
            let scatter = 0.01 * Double(number % 5)
            #expect(
                cohort.take(
                    member(number, update(UInt64(number)), own: -0.2 + scatter, other: 0.05 - scatter)) == nil)
        }
        return cohort
    }

    private let cohort = Self.honest()

    @Test func `an honest update is not suspicious beside honest ones`() {
        #expect(cohort.finding(on: Self.member(20, Self.update(20))) == nil)
        #expect(cohort.finding(on: Self.member(20, Self.update(20), own: -0.01, other: 0.2)) == nil)
    }

    @Test func `a copy of an update of another unit is suspicious, and one with some noise`() {
        let exact = cohort.finding(on: Self.member(20, Self.update(5)))
        #expect(exact == Finding(suspicion: .likeness(of: Digest(of: "unit 5".utf8), agreement: 1), isGross: true))
        var random = SplitMix64(seed: 9)
        let noisy = zip(Self.update(5), random.floats(6000, scale: 2e-4)).map { $0 + $1 }
        guard case .likeness(let unit, let agreement)? = cohort.finding(on: Self.member(20, noisy))?.suspicion else {
            return #expect(Bool(false), "a copy with noise is like its original")
        }
        #expect(unit == Digest(of: "unit 5".utf8) && agreement < 1)
    }

    @Test func `an update of text that comes back is like the earlier one, and no copy`() {
        var random = SplitMix64(seed: 9)
        let like = zip(Self.update(5), random.floats(6000, scale: 5e-4)).map { $0 + $1 }
        guard case .likeness(_, let agreement)? = cohort.finding(on: Self.member(20, like))?.suspicion else {
            return #expect(Bool(false), "of other text it would be a copy")
        }
        #expect((0.7..<0.85).contains(agreement))
        #expect(cohort.finding(on: Self.member(20, like, text: 5)) == nil)
        #expect(cohort.finding(on: Self.member(20, Self.update(5), text: 5))?.isGross == true)
    }

    @Test func `an update of the same unit is no copy: an audit, or one that is judged again`() {
        var cohort = cohort
        #expect(cohort.take(Self.member(5, Self.update(5))) == nil)
        #expect(cohort.members.count == 12)
    }

    @Test(arguments: [(0.0, true), (0.2, false), (5, false), (1000, true)])
    func `an update much shorter or longer than usual is suspicious`(times: Float, isGross: Bool) {
        let finding = cohort.finding(on: Self.member(20, Self.update(20).map { times * $0 }))
        guard case .length? = finding?.suspicion else {
            return #expect(Bool(false), "found \(String(describing: finding))")
        }
        #expect(finding?.isGross == isGross)
    }

    @Test func `one and a half times the usual length is nothing, and with few others no length is`() {
        #expect(cohort.finding(on: Self.member(20, Self.update(20).map { 1.5 * $0 })) == nil)
        var few = Cohort()
        for number in 0..<2 { _ = few.take(Self.member(number, Self.update(UInt64(number)))) }
        #expect(few.finding(on: Self.member(20, Self.update(20).map { 5 * $0 })) == nil)
    }

    @Test func `an update that goes elsewhere than all others is suspicious`() {
        for update in [Self.update(20, common: 0, own: 1.4), Self.update(20, common: -1)] {
            guard case .direction(let agreement, let usual)? = cohort.finding(on: Self.member(20, update))?.suspicion
            else { return #expect(Bool(false), "neither noise nor the opposite goes where the others go") }
            #expect(agreement < 0.05 && usual > 0.2)
        }
        let fromElsewhere = Self.member(20, Self.update(20, common: 0, own: 1.4), base: "another")
        #expect(cohort.finding(on: fromElsewhere) == nil, "of another base nothing is known")
    }

    @Test func `an update that harms other text, or does not help its own, is suspicious`() {
        func finding(own: Double, other: Double) -> Finding? {
            cohort.finding(on: Self.member(20, Self.update(20), own: own, other: other))
        }
        let poisoned = finding(own: -0.2, other: 1)
        guard case .otherText(1, let usual)? = poisoned?.suspicion else {
            return #expect(Bool(false), "other text gets worse: \(String(describing: poisoned))")
        }
        #expect((0.01...0.05).contains(usual) && poisoned?.isGross == false)
        guard case .ownText(0.2, -0.2 ... -0.16)? = finding(own: 0.2, other: 0.05)?.suspicion else {
            return #expect(Bool(false), "it was not trained on its own text")
        }
        #expect(finding(own: -0.001, other: -0.001) == nil, "who makes the model better is not suspicious")
        guard case .otherText(1e9, _)? = finding(own: .nan, other: .nan)?.suspicion else {
            return #expect(Bool(false), "a loss that is no number is above everything, and can be written down")
        }
        #expect(finding(own: .nan, other: .infinity)?.isGross == true)
    }

    @Test func `where all updates are alike, only one that is nearer to a copy is suspicious`() {
        var cohort = Cohort()
        for number in 0..<12 { _ = cohort.take(Self.member(number, Self.update(UInt64(number), own: 0.5))) }
        #expect(cohort.finding(on: Self.member(20, Self.update(20, own: 0.5))) == nil)
        #expect(cohort.finding(on: Self.member(20, Self.update(7, own: 0.5)))?.isGross == true)
    }

    @Test func `the first of a version are compared with what was usual in the one before`() {
        var cohort = Cohort()
        for number in 0..<12 { _ = cohort.take(Self.member(number, Self.update(UInt64(number), own: 0.5))) }
        for number in 12..<16 {
            #expect(cohort.take(Self.member(number, Self.update(UInt64(number), own: 0.5), base: "next")) == nil)
        }
        #expect(cohort.finding(on: Self.member(20, Self.update(13, own: 0.5), base: "next"))?.isGross == true)
    }

    @Test func `what becomes usual is suspicious no more`() {
        var cohort = cohort
        var suspicious = 0
        for number in 20..<100 {
            let long = Self.member(number, Self.update(UInt64(number)).map { 6 * $0 })
            if cohort.take(long) != nil { suspicious += 1 }
        }
        #expect((8...40).contains(suspicious))
    }
}

struct UpdateSketchTests {
    @Test func `a sketch does not depend on how the update is divided`() {
        var random = SplitMix64(seed: 4)
        let update = random.floats(10_000, scale: 1)
        func sketch(_ size: Int) -> UpdateSketch {
            var sketching = UpdateSketching(parameters: update.count, seed: 1)
            for start in stride(from: 0, to: update.count, by: size) {
                sketching.add(Array(update[start..<min(start + size, update.count)]), at: start)
            }
            return sketching.finish()
        }
        #expect(sketch(10_000) == sketch(7))
        #expect(abs(sketch(7).norm - update.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()) < 1e-9)
    }

    @Test func `signs agree with themselves, and not with their opposite, with nothing or with chance`() {
        func sketch(_ update: [Float]) -> UpdateSketch {
            var sketching = UpdateSketching(parameters: update.count, seed: 1)
            sketching.add(update, at: 0)
            return sketching.finish()
        }
        var random = SplitMix64(seed: 5)
        let (one, two) = (random.floats(5000, scale: 1), random.floats(5000, scale: 1))
        #expect(sketch(one).agreement(with: sketch(one)) == 1)
        #expect(sketch(one).agreement(with: sketch(one.map { -$0 })) == -1)
        #expect(sketch(one).agreement(with: sketch(one.map { _ in 0 })) == 0)
        #expect(abs(sketch(one).agreement(with: sketch(two))) < 0.1)
        #expect(sketch([1, -1, 2]).agreement(with: sketch([1, -1, -2])) == 1.0 / 3)
    }
}
