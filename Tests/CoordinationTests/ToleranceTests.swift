import Coordination
import Federation
import SimulationSupport
import Testing
import WorkUnits

/// Quorums of hosts that round differently.
@Suite struct ToleranceTests {
    private let bench: Bench

    init() throws { bench = try Bench(mergeEvery: 3, quorum: 2, tolerance: 0.02) }

    private func delivery(_ number: Int, _ coordinator: Coordinator, drift: Int) async throws -> Delivery {
        let host = Speaker(number, bench)
        let assignment = try await host.assignment(from: coordinator, bench)
        let update = ImaginaryProject.update(of: assignment.unit, drift: drift)
        let submission = try host.submission(assignment.id, unit: assignment.unit, update: update)
        return Delivery(submission, trace: TrainingTrace(), update: update)
    }

    @Test func `two that are near each other agree`() async throws {
        let coordinator = try await bench.start()
        let (first, second) = (
            try await delivery(1, coordinator, drift: 0), try await delivery(2, coordinator, drift: 1)
        )
        #expect(try await coordinator.submit(first).submission.verdict == .inconclusive)
        #expect(try await coordinator.submit(second).submission.verdict == .accepted)
        #expect(try await coordinator.status().height == 1)
    }

    @Test func `one that was judged before it could see the other is judged again`() async throws {
        let coordinator = try await bench.start()
        let (first, second) = (
            try await delivery(1, coordinator, drift: 0), try await delivery(2, coordinator, drift: 1)
        )
        bench.services.meanwhile { _ = try await coordinator.submit(first) }
        #expect(try await refusal { _ = try await coordinator.submit(second) } == .unavailable)
        #expect(try await coordinator.submit(second).submission.verdict == .accepted)
        #expect(bench.services.judged == 3)
    }

    @Test func `so is one that was uploaded by itself`() async throws {
        let coordinator = try await bench.start()
        let first = try await delivery(1, coordinator, drift: 0)
        let host = Speaker(2, bench)
        let assignment = try await host.assignment(from: coordinator, bench)
        let second = try await host.answer(to: assignment, coordinator, drift: 1)
        bench.services.meanwhile { _ = try await coordinator.submit(first) }
        #expect(try await coordinator.submit(second).verdict == .accepted)
        #expect(try await coordinator.status().height == 1)
    }
}
