import Coordination
import Federation
import SimulationSupport
import Testing
import WorkUnits

struct SubmissionTests {
    @Test func `a submission sent twice is judged once and answered the same`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        let host = Speaker(1, bench)
        let assignment = try await host.assignment(from: coordinator, bench)
        let submission = try await host.answer(to: assignment, coordinator)
        async let first = coordinator.submit(submission)
        async let second = coordinator.submit(submission)
        let replies = try await [first, second, coordinator.submit(submission)]
        #expect(Set(replies) == [SubmissionReply(verdict: .accepted, height: 1)])
        #expect(bench.services.judged == 1)
        #expect(try await coordinator.status().height == 1)
    }

    @Test func `a suspicious update is taken, counted, and remembered`() async throws {
        let bench = try Bench()
        bench.services.suspicion = .direction(agreement: 0.001, usual: 0.5)
        let coordinator = try await bench.start()
        #expect(try await Speaker(1, bench).work(for: coordinator, bench).verdict == .accepted)
        bench.services.suspicion = nil
        #expect(try await Speaker(2, bench).work(for: coordinator, bench).verdict == .accepted)
        let status = try await coordinator.status()
        #expect(status.suspicious == 1 && status.height == 2)
        #expect(try bench.recovered().counts.suspicious == 1)
    }

    @Test func `a garbage update is rejected and its unit goes to another host`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        let reply = try await Speaker(1, bench).work(for: coordinator, bench, drift: 99)
        #expect(reply == SubmissionReply(verdict: .rejected(reason: "not an update of this unit"), height: 0))
        let again = try await Speaker(2, bench).assignment(from: coordinator, bench)
        #expect(
            again.unit == Digest(of: ImaginaryProject.archive(of: IssuedUnit(index: 0, base: again.base, steps: 0..<8)))
        )
    }

    @Test func `a reason that quotes a hostile update at length is cut`() async throws {
        let bench = try Bench()
        bench.services.reason = String(repeating: "ha", count: 1 << 20)
        let coordinator = try await bench.start()
        let reply = try await Speaker(1, bench).work(for: coordinator, bench, drift: 99)
        guard case .rejected(let reason) = reply.verdict else { return #expect(Bool(false), "\(reply)") }
        #expect(reason.utf8.count <= 500)
        #expect(try bench.recovered().counts.rejected == 1, "the journal can be read again")
    }

    @Test func `a submission of another unit is a conflict`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        let host = Speaker(1, bench)
        let assignment = try await host.assignment(from: coordinator, bench)
        let update = ImaginaryProject.update(of: assignment.unit)
        try await host.upload(update, for: assignment, to: coordinator)
        let other = try host.submission(assignment.id, unit: Digest(of: "another".utf8), update: update)
        #expect(try await refusal { _ = try await coordinator.submit(other) } == .conflict)
    }

    @Test func `a submission whose update did not arrive whole is refused and can be sent later`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        let host = Speaker(1, bench)
        let assignment = try await host.assignment(from: coordinator, bench)
        let update = ImaginaryProject.update(of: assignment.unit)
        let submission = try host.submission(assignment.id, unit: assignment.unit, update: update)
        let state = try await coordinator.announceUpload(try host.announcement(assignment.id, of: update))
        _ = try await coordinator.appendUpload(state.ticket, at: 0, Array(update.prefix(10)))
        #expect(try await refusal { _ = try await coordinator.submit(submission) } == .notFound)
        try await host.upload(update, for: assignment, to: coordinator)
        #expect(try await coordinator.submit(submission).verdict == .accepted)
    }

    @Test func `another host cannot send what it overheard`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        let host = Speaker(1, bench)
        let thief = Speaker(2, bench)
        _ = try await thief.assignment(from: coordinator, bench)
        let assignment = try await host.assignment(from: coordinator, bench)
        _ = try await host.answer(to: assignment, coordinator)
        let update = ImaginaryProject.update(of: assignment.unit)
        let stolen = try thief.submission(assignment.id, unit: assignment.unit, update: update)
        #expect(try await refusal { _ = try await coordinator.submit(stolen) } == .unauthorized)
    }

    @Test func `a late submission is taken until patience ends and then refused with an explanation`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        let host = Speaker(1, bench)
        let assignment = try await host.assignment(from: coordinator, bench)
        let submission = try await host.answer(to: assignment, coordinator)
        bench.advance(600)
        try await coordinator.passTime()
        #expect(try await coordinator.status().expired == 0)
        bench.advance(3600)
        #expect(try await refusal { _ = try await coordinator.submit(submission) } == .assignmentExpired)
        try await coordinator.passTime()
        #expect(try await refusal { _ = try await coordinator.submit(submission) } == .assignmentExpired)
        #expect(try await coordinator.status().expired == 1)
    }

    @Test func `a judgement that fails is done when the host asks again`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        let host = Speaker(1, bench)
        let assignment = try await host.assignment(from: coordinator, bench)
        let submission = try await host.answer(to: assignment, coordinator)
        bench.services.failNext(1)
        #expect(try await refusal { _ = try await coordinator.submit(submission) } == .unavailable)
        #expect(try await coordinator.submit(submission).verdict == .accepted)
    }

    /// A submission that arrives together with the request that begins its lease passes the first look.
    @Test func `an answer to a lease that had not begun is rejected for its unit or its missing update`() async throws {
        let bench = try Bench(mergeEvery: 2)
        let founding = try CoordinatorCore.found(
            policy: bench.project.policy, description: bench.project.description, genesis: bench.project.genesis,
            at: bench.now)
        let unit = Digest(
            of: ImaginaryProject.archive(
                of: IssuedUnit(index: 0, base: founding.core.run.base, steps: 0..<8)))
        let other = Digest(of: "another".utf8)
        var proposals: [Proposal] = []
        for (id, claimed) in [(0, unit), (1, other)] {
            let host = Speaker(id + 1, bench)
            let update = ImaginaryProject.update(of: claimed)
            if claimed == other { bench.blobs.store(update) }
            let signed = try host.submission(id, unit: claimed, update: update)
            let submission = SignedSubmission(try signed.unverified(), signature: signed.signature)
            proposals += [Proposal(.joined(Joining(host: host.host))), Proposal(.workRequested(host.host))]
            proposals.append(Proposal(.submitted(submission)))
        }
        let decision = try founding.core.decide(proposals, at: bench.now)
        try bench.memory.commit(founding.batch)
        try bench.memory.commit(decision.batch)
        let coordinator = try await bench.start()
        try await coordinator.settle()
        let status = try await coordinator.status()
        #expect(status.rejected == 2 && status.height == 0 && bench.services.judged == 0)
    }

    @Test func `a quorum answers the first host before and after the second`() async throws {
        let bench = try Bench(quorum: 2)
        let coordinator = try await bench.start()
        let host = Speaker(1, bench)
        let assignment = try await host.assignment(from: coordinator, bench)
        let submission = try await host.answer(to: assignment, coordinator)
        #expect(try await coordinator.submit(submission) == SubmissionReply(verdict: .inconclusive, height: 0))
        try await Speaker(2, bench).work(for: coordinator, bench)
        #expect(try await coordinator.submit(submission) == SubmissionReply(verdict: .accepted, height: 1))
    }
}
