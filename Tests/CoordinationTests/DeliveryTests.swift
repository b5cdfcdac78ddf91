import Coordination
import Federation
import SimulationSupport
import Testing
import WorkUnits

/// Updates that come with their submissions.
struct DeliveryTests {
    let bench: Bench

    init() throws { bench = try Bench(mergeEvery: 3) }

    private func delivery(
        _ host: Speaker, _ coordinator: Coordinator, drift: Int = 0, asksForWork: Bool = true
    ) async throws -> Delivery {
        let assignment = try await host.assignment(from: coordinator, bench)
        let update = ImaginaryProject.update(of: assignment.unit, drift: drift)
        let submission = try host.submission(assignment.id, unit: assignment.unit, update: update)
        return Delivery(submission, trace: TrainingTrace(), update: update, asksForWork: asksForWork)
    }

    @Test func `one request submits an update and gets the next unit`() async throws {
        let coordinator = try await bench.start()
        let host = Speaker(1, bench)
        let delivery = try await delivery(host, coordinator)
        let reply = try await coordinator.submit(delivery)
        #expect(reply.submission == SubmissionReply(verdict: .accepted, height: 1))
        guard case .assigned(let signed) = reply.work else { return #expect(Bool(false), "\(reply)") }
        let next = try signed.verified(by: bench.project.key.verifyingKey, context: Assignment.signingContext)
        #expect(try await host.assignment(from: coordinator, bench) == next, "the lease it holds now")
        #expect(try bench.blobs.open(delivery.submission.unverified().update) != nil)
        #expect(bench.blobs.uploadCount == 0)
    }

    @Test func `judgement and lease are durable together with the submission`() async throws {
        var coordinator = try await bench.start()
        let host = Speaker(1, bench)
        let delivery = try await delivery(host, coordinator)
        bench.store.failNext(.after)
        #expect(try await refusal { _ = try await coordinator.submit(delivery) } == .unavailable)
        coordinator = try await bench.start()
        let reply = try await coordinator.submit(delivery)
        #expect(reply.submission == SubmissionReply(verdict: .accepted, height: 1))
        #expect(bench.services.judged == 1)
        #expect(try bench.recovered().lease(of: host.host) != nil)
    }

    @Test func `what could not be stored did not happen, and can be sent again`() async throws {
        let coordinator = try await bench.start()
        let delivery = try await delivery(Speaker(1, bench), coordinator)
        bench.store.failNext(.before)
        #expect(try await refusal { _ = try await coordinator.submit(delivery) } == .unavailable)
        #expect(try await coordinator.status().height == 0)
        #expect(try await coordinator.submit(delivery).submission.verdict == .accepted)
        #expect(try await coordinator.status().height == 1)
    }

    @Test func `whoever repeats a submission that all can read gets no unit in the host's name`() async throws {
        let coordinator = try await bench.start()
        let delivery = try await delivery(Speaker(1, bench), coordinator, asksForWork: false)
        #expect(try await coordinator.submit(delivery).work == nil)
        var repeated = delivery
        repeated.asksForWork = true
        let reply = try await coordinator.submit(repeated)
        #expect(reply == DeliveryReply(SubmissionReply(verdict: .accepted, height: 1)))
        #expect(try await coordinator.status().openAssignments == 0)
    }

    @Test func `garbage is rejected, kept nowhere, and gets no unit`() async throws {
        let coordinator = try await bench.start()
        let delivery = try await delivery(Speaker(1, bench), coordinator, drift: 99)
        let reply = try await coordinator.submit(delivery)
        let rejected = SubmissionReply(verdict: .rejected(reason: "not an update of this unit"), height: 0)
        #expect(reply == DeliveryReply(rejected))
        #expect(try bench.blobs.open(delivery.submission.unverified().update) == nil)
        #expect(try await coordinator.submit(delivery.submission) == rejected, "and remembered")
    }

    @Test func `another update than the submission names is malformed, a large one too large`() async throws {
        let coordinator = try await bench.start()
        var delivery = try await delivery(Speaker(1, bench), coordinator)
        delivery.update?.append(0)
        #expect(try await refusal { _ = try await coordinator.submit(delivery) } == .malformed)
        delivery.update = Array(repeating: 0, count: Delivery.maximumUpdateBytes + 1)
        #expect(try await refusal { _ = try await coordinator.submit(delivery) } == .tooLarge)
        #expect(bench.services.judged == 0)
    }

    @Test func `an update of another unit is a conflict`() async throws {
        let coordinator = try await bench.start()
        let host = Speaker(1, bench)
        let assignment = try await host.assignment(from: coordinator, bench)
        let other = Digest(of: "another".utf8)
        let update = ImaginaryProject.update(of: other)
        let submission = try host.submission(assignment.id, unit: other, update: update)
        #expect(
            try await refusal {
                _ = try await coordinator.submit(Delivery(submission, trace: TrainingTrace(), update: update))
            } == .conflict)
    }

    @Test func `a result of something that is not due any more is refused`() throws {
        let founding = try CoordinatorCore.found(
            policy: bench.project.policy, description: bench.project.description, genesis: bench.project.genesis,
            at: bench.now)
        let version = CheckpointReference(version: 0, weights: .zero, bytes: 1)
        let merge = Merge(version: 1, height: 3, previous: version, contributions: [])
        let proposal = try Proposal(merged: bench.project.merge(merge), by: merge)
        let decision = try founding.core.decide([proposal], at: bench.now)
        #expect(decision.batch.isEmpty)
        #expect(throws: Refused.unexpectedVersion(1)) { try decision.outcomes[0].get() }
    }
}
