import Coordination
import SimulationSupport
import Testing
import WorkUnits

/// What fails on the server's side: hosts learn that it failed, its maintainer why, and time heals it.
struct RetryTests {
    @Test func `a merge that fails is tried again after pauses that grow`() async throws {
        let bench = try Bench(mergeEvery: 1)
        let coordinator = try await bench.start()
        try await Speaker(1, bench).work(for: coordinator, bench)
        bench.services.failNext(2)
        await coordinator.settleIfDue()
        #expect(bench.services.merged.count == 1)
        for (pause, tries) in [(4.9, 1), (0.1, 2), (9.9, 2), (0.1, 3)] {
            bench.advance(pause)
            await coordinator.settleIfDue()
            #expect(bench.services.merged.count == tries)
        }
        #expect(try await coordinator.status().version == 1)
        #expect(bench.reports.count == 2)
        #expect(bench.reports.allSatisfy { $0.contains("a failure that a test asked for") })
    }

    @Test func `pauses have a bound, and success ends them`() async throws {
        let bench = try Bench(mergeEvery: 1)
        let coordinator = try await bench.start()
        try await Speaker(1, bench).work(for: coordinator, bench)
        bench.services.failNext(20)
        for tries in 1...20 {
            await coordinator.settleIfDue()
            #expect(bench.services.merged.count == tries)
            bench.advance(300)
        }
        await coordinator.settleIfDue()
        #expect(try await coordinator.status().version == 1)
        try await Speaker(1, bench).work(for: coordinator, bench)
        bench.services.failNext(1)
        await coordinator.settleIfDue()
        bench.advance(5)
        await coordinator.settleIfDue()
        #expect(try await coordinator.status().version == 2)
    }

    @Test func `a merge that fails does not end the run`() async throws {
        let bench = try Bench(mergeEvery: 1)
        let coordinator = try await bench.start()
        let running = Task { await coordinator.run() }
        bench.services.failNext(1)
        await #expect(throws: Never.self) {
            // The judgement fails, and is done after the pause.
            _ = try await refusal { try await Speaker(1, bench).work(for: coordinator, bench) }
        }
        bench.advance(5)
        while try await coordinator.status().version == 0 {
            try await coordinator.passTime()
            await Task.yield()
        }
        running.cancel()
        await running.value
    }

    @Test func `a judgement that fails keeps no merge waiting`() async throws {
        let bench = try Bench(mergeEvery: 1, staleness: 1)
        let coordinator = try await bench.start()
        let (host, other) = (Speaker(1, bench), Speaker(2, bench))
        let first = try await host.assignment(from: coordinator, bench)
        let second = try await other.assignment(from: coordinator, bench)
        let submission = try await host.answer(to: first, coordinator)
        bench.services.failNext(1)
        #expect(try await refusal { _ = try await coordinator.submit(submission) } == .unavailable)
        _ = try await coordinator.submit(try await other.answer(to: second, coordinator))
        bench.services.failNext(1)
        await #expect(throws: Refusal.self) { try await coordinator.settle() }
        #expect(try await coordinator.status().version == 1)
    }

    @Test func `hosts are not told what failed, the maintainer is`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        let host = Speaker(1, bench)
        let assignment = try await host.assignment(from: coordinator, bench)
        let submission = try await host.answer(to: assignment, coordinator)
        bench.services.failNext(1)
        var failure = await #expect(throws: Refusal.self) { _ = try await coordinator.submit(submission) }
        #expect(failure == Refusal(.unavailable, "the update could not be judged, ask again later"))
        bench.store.failNext(.before)
        failure = await #expect(throws: Refusal.self) { _ = try await coordinator.submit(submission) }
        #expect(failure == Refusal(.unavailable, "this could not be stored, ask again later"))
        #expect(bench.reports.count == 2)
        #expect(bench.reports[0].contains("a failure that a test asked for"))
    }

    @Test func `a refusal from inside is told as it is`() async throws {
        let full = Refusal(.unavailable, "the server's disk is full")
        let bench = try Bench()
        let coordinator = try await bench.start()
        let host = Speaker(1, bench)
        try await coordinator.register(try host.registration())
        bench.store.failNext(.refusal(full))
        let request = try host.workRequest(at: bench.now)
        let failure = await #expect(throws: Refusal.self) { _ = try await coordinator.requestWork(request) }
        #expect(failure == full)
    }
}
