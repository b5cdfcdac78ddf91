import TestSupport
import Testing
import Volunteer
import WorkUnits

/// The rules, without network, files or clock.
struct VolunteerStateTests {
    var state = VolunteerState(seed: 1)
    let update = FileDigest(digest: Digest(of: "update".utf8), bytes: 100)

    @Test mutating func `a unit goes from request to verdict`() {
        #expect(state.next(at: .zero) == .register)
        apply(.registered)
        #expect(state.next(at: .zero) == .requestWork)
        apply(.assigned(.example()))
        #expect(state.next(at: .zero) == .fetch(.example()))
        apply(.fetched)
        #expect(state.next(at: .zero) == .train(.example(), until: Assignment.example().deadline))
        apply(.trained(update))
        #expect(state.next(at: .zero) == .upload(.example(), update))
        apply(.uploaded)
        #expect(state.next(at: .zero) == .submit(.example(), update))
        apply(.judged(.accepted))
        #expect(state.next(at: .zero) == .requestWork)
        #expect(state.tally.accepted == 1)
        #expect(state.lease == nil)
    }

    @Test mutating func `every state reads back as it was written`() throws {
        let events: [VolunteerState.Event] = [
            .registered, .toldToWait(Seconds(5), reason: "full"), .assigned(.example()),
            .failed(.init(.tryAgain, "no")), .fetched, .trained(update), .uploaded, .judged(.rejected(reason: "NaN")),
            .runFinished,
        ]
        for event in events {
            apply(event)
            let bytes = try CanonicalJSON.encode(state)
            #expect(try CanonicalJSON.decode(VolunteerState.self, from: bytes) == state)
        }
    }

    @Test func `a server that is away is asked ever more rarely, and at most every ten minutes`() {
        var most: [Int64] = []
        for failures in 0..<14 {
            var longest: Int64 = 0
            for seed in 0..<200 {
                var state = VolunteerState(seed: UInt64(seed))
                for _ in 0...failures { state.apply(.failed(.init(.tryAgain, "away")), at: .zero) }
                longest = max(longest, state.pause?.until.milliseconds ?? -1)
            }
            most.append(longest)
        }
        for (failures, longest) in most.enumerated() {
            let bound = min(600_000, Int64(1000) << failures)
            #expect(longest <= bound && longest > bound * 9 / 10, "after \(failures + 1) failures \(longest) ms")
        }
    }

    @Test func `hosts that failed together do not come back together`() {
        let pauses = (0..<100).map { seed in
            var state = VolunteerState(seed: UInt64(seed))
            for _ in 0..<6 { state.apply(.failed(.init(.tryAgain, "away")), at: .zero) }
            return state.pause?.until.milliseconds ?? 0
        }
        #expect(Set(pauses).count > 95)
    }

    @Test mutating func `a success forgets the failures before it`() {
        for _ in 0..<12 { apply(.failed(.init(.tryAgain, "away"))) }
        apply(.registered)
        #expect(state.pause == nil)
        apply(.failed(.init(.tryAgain, "away")))
        #expect(pauseSeconds <= 1)
    }

    @Test mutating func `a pause is kept until it is over`() throws {
        apply(.failed(.init(.tryAgain, "away", retryAfter: Seconds(20))))
        let pause = try #require(state.pause)
        #expect(state.next(at: .seconds(19)) == .wait(pause))
        #expect(state.next(at: pause.until) == .register)
    }

    @Test(arguments: [Double.infinity, .nan, 1e300, -5])
    mutating func `a server cannot impose an impossible wait`(seconds: Double) {
        apply(.registered)
        apply(.toldToWait(Seconds(seconds), reason: "because"))
        #expect(pauseSeconds >= 0 && pauseSeconds <= 86_400)
        #expect(state.next(at: .seconds(86_401)) == .requestWork)
    }

    @Test mutating func `the server's wait is honoured and told`() {
        apply(.registered)
        apply(.toldToWait(Seconds(30), reason: "a merge is running"))
        #expect(pauseSeconds >= 30 && pauseSeconds <= 33)
        #expect(state.pause?.reason == "a merge is running")
    }

    @Test mutating func `a clock that was set back does not prolong a pause`() {
        state.apply(.failed(.init(.tryAgain, "away", retryAfter: Seconds(60))), at: .seconds(1_000_000))
        #expect(state.next(at: .seconds(10)) == .register)
    }

    @Test mutating func `starting the client ends a pause and introduces the host again`() {
        apply(.registered)
        apply(.toldToWait(Seconds(30), reason: "later"))
        apply(.started)
        #expect(state.next(at: .zero) == .register)
    }

    @Test mutating func `starting the client continues the unit in work without a word to the server`() {
        train()
        apply(.started)
        #expect(state.next(at: .zero) == .train(.example(), until: Assignment.example().deadline))
        apply(.trained(update))
        apply(.started)
        #expect(state.next(at: .zero) == .upload(.example(), update))
        apply(.uploaded)
        apply(.started)
        #expect(state.next(at: .zero) == .submit(.example(), update))
    }

    @Test mutating func `an expired assignment is dropped and work requested again`() {
        train()
        apply(.trained(update))
        apply(.failed(.init(.drop, "the assignment expired")))
        #expect(state.lease == nil)
        #expect(state.tally.dropped == 1)
        #expect(state.next(at: .seconds(2)) == .requestWork)
    }

    @Test func `units that come to nothing again and again slow the host down`() {
        let pauses = (0..<50).map { seed in
            var state = VolunteerState(seed: UInt64(seed))
            state.apply(.registered, at: .zero)
            for _ in 0..<12 {
                state.apply(.assigned(.example()), at: .zero)
                state.apply(.failed(.init(.drop, "cannot be computed")), at: .zero)
            }
            #expect(state.tally.dropped == 12)
            return state.pause?.until.milliseconds ?? 0
        }
        #expect(pauses.max() ?? 0 > 500_000)
    }

    @Test mutating func `past the deadline the coordinator is asked before more is computed`() {
        train()
        let late = Timestamp.seconds(3601)
        #expect(state.next(at: late) == .requestWork)
        state.apply(.assigned(.example()), at: late)
        #expect(state.next(at: late) == .train(.example(), until: nil), "the coordinator's word counts")
        #expect(state.tally.dropped == 0)
    }

    @Test mutating func `past the deadline another unit replaces the one in work`() {
        train()
        let other = Assignment.example(id: 9, unit: "other")
        state.apply(.assigned(other), at: .seconds(3601))
        #expect(state.next(at: .seconds(3601)) == .fetch(other))
        #expect(state.tally.dropped == 1)
    }

    @Test mutating func `a finished update is uploaded past the deadline, for the coordinator to decide`() {
        train()
        apply(.trained(update))
        #expect(state.next(at: .seconds(100_000)) == .upload(.example(), update))
    }

    @Test mutating func `an update that is too large is not uploaded`() {
        train()
        apply(.trained(FileDigest(digest: update.digest, bytes: 1001)))
        #expect(state.lease == nil)
        #expect(state.tally.dropped == 1)
        #expect(state.pause?.reason.contains("1001") == true)
    }

    @Test mutating func `damaged files are fetched again`() {
        train()
        apply(.failed(.init(.fetchAgain, "wrong base")))
        #expect(state.next(at: .seconds(2)) == .fetch(.example()))
    }

    @Test mutating func `a server that forgot the host is introduced to it again`() {
        apply(.registered)
        apply(.failed(.init(.registerAgain, "unknown host")))
        #expect(state.next(at: .seconds(2)) == .register)
    }

    @Test mutating func `a finished run is asked about now and then`() {
        apply(.registered)
        apply(.runFinished)
        #expect(state.phase == .finished)
        #expect(state.next(at: .seconds(601)) == .requestWork)
        apply(.assigned(.example()))
        #expect(state.next(at: .zero) == .fetch(.example()))
    }

    @Test mutating func `a rejection pauses, a verdict that is not yet possible does not`() {
        train()
        apply(.trained(update))
        apply(.uploaded)
        apply(.judged(.inconclusive))
        #expect(state.pause == nil && state.tally.inconclusive == 1)
        train()
        apply(.trained(update))
        apply(.uploaded)
        apply(.judged(.rejected(reason: "NaN")))
        #expect(state.pause?.reason.contains("NaN") == true && state.tally.rejected == 1)
    }
}

extension VolunteerStateTests {
    private mutating func apply(_ event: VolunteerState.Event) {
        state.apply(event, at: .zero)
    }

    private mutating func train() {
        if state.phase == .unregistered { apply(.registered) }
        apply(.assigned(.example()))
        apply(.fetched)
    }

    private var pauseSeconds: Double { Double(state.pause?.until.milliseconds ?? 0) / 1000 }
}

extension Timestamp {
    static let zero = Timestamp(milliseconds: 0)

    static func seconds(_ count: Int64) -> Timestamp { Timestamp(milliseconds: count * 1000) }
}

extension Assignment {
    /// Due after an hour.
    static func example(id: Int = 1, unit: String = "unit") -> Assignment {
        Assignment(
            id: id, project: SigningKey.example(1).verifyingKey, host: SigningKey.example(2).verifyingKey,
            unit: Digest(of: unit.utf8), unitBytes: 10,
            base: CheckpointReference(version: 0, weights: Digest(of: "base".utf8), bytes: 20),
            deadline: .seconds(3600), maximumUpdateBytes: 1000)
    }
}
