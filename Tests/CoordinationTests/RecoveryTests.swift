import Coordination
import Federation
import Ledger
import SimulationSupport
import Testing
import WorkUnits

struct RecoveryTests {
    @Test func `a coordinator that starts again continues where the store stands`() async throws {
        let bench = try Bench()
        var coordinator = try await bench.start()
        let host = Speaker(1, bench)
        try await host.work(for: coordinator, bench)
        let assignment = try await host.assignment(from: coordinator, bench)
        let before = try await coordinator.status()
        let head = try await coordinator.ledgerHead()
        coordinator = try await bench.start()
        var after = try await coordinator.status()
        after.bytesUp = before.bytesUp
        #expect(after == before)
        #expect(try await coordinator.ledgerHead() == head)
        #expect(try await host.assignment(from: coordinator, bench) == assignment)
    }

    @Test(arguments: [FaultyStore.Fault.before, .after])
    func `a submission whose transaction failed counts once when it is sent again`(
        fault: FaultyStore.Fault
    ) async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        let host = Speaker(1, bench)
        let assignment = try await host.assignment(from: coordinator, bench)
        let submission = try await host.answer(to: assignment, coordinator)
        bench.store.failNext(fault)
        #expect(try await refusal { _ = try await coordinator.submit(submission) } == .unavailable)
        #expect(try await coordinator.submit(submission) == SubmissionReply(verdict: .accepted, height: 1))
        #expect(try await coordinator.submit(submission) == SubmissionReply(verdict: .accepted, height: 1))
        let status = try await coordinator.status()
        let stored = try bench.recovered()
        #expect(stored.height == status.height && stored.counts.issued == status.issued)
        #expect(stored.counts.accepted == 1)
    }

    @Test(arguments: [FaultyStore.Fault.before, .after])
    func `a work request whose transaction failed leases one unit`(fault: FaultyStore.Fault) async throws {
        let bench = try Bench()
        var coordinator = try await bench.start()
        let host = Speaker(1, bench)
        try await coordinator.register(try host.registration())
        bench.store.failNext(fault)
        let request = try host.workRequest(at: bench.now)
        #expect(try await refusal { _ = try await coordinator.requestWork(request) } == .unavailable)
        coordinator = try await bench.start()
        #expect(try await host.assignment(from: coordinator, bench).id == 0)
        #expect(try bench.recovered().counts.issued == 1)
    }

    @Test func `an interrupted judgement is done after the start`() async throws {
        let bench = try Bench(mergeEvery: 1)
        var coordinator = try await bench.start()
        let host = Speaker(1, bench)
        let assignment = try await host.assignment(from: coordinator, bench)
        let submission = try await host.answer(to: assignment, coordinator)
        bench.services.failNext(1)
        #expect(try await refusal { _ = try await coordinator.submit(submission) } == .unavailable)
        coordinator = try await bench.start()
        try await coordinator.settle()
        #expect(try await coordinator.status().version == 1)
        #expect(try await coordinator.submit(submission).verdict == .accepted)
    }

    @Test func `an interrupted merge is done after the start and gives the same version`() async throws {
        let bench = try Bench(mergeEvery: 1)
        var coordinator = try await bench.start()
        try await Speaker(1, bench).work(for: coordinator, bench)
        bench.services.failNext(1)
        await #expect(throws: UnreadableBytes.self) { try await coordinator.settle() }
        bench.store.failNext(.after)
        #expect(try await refusal { try await coordinator.settle() } == .unavailable)
        coordinator = try await bench.start()
        try await coordinator.settle()
        #expect(try await coordinator.status().version == 1)
        #expect(bench.services.merged == [1, 1], "the second was stored although its answer was lost")
    }

    @Test func `what was accepted before the start is prepared for its merge, unless that is due`() async throws {
        let bench = try Bench(mergeEvery: 2, staleness: 1)
        var coordinator = try await bench.start()
        for number in 1...3 { try await Speaker(number, bench).work(for: coordinator, bench) }
        coordinator = try await bench.start()
        await coordinator.prepareForMerges()
        #expect(bench.services.prepared == [2])
        try await coordinator.settle()
        await coordinator.prepareForMerges()
        #expect(bench.services.prepared == [2, 2])
    }

    @Test func `recovery by replay is the run itself, with and without snapshots`() throws {
        let bench = try Bench()
        let founding = try CoordinatorCore.found(
            policy: bench.project.policy, description: bench.project.description, genesis: bench.project.genesis,
            at: bench.now)
        try bench.memory.commit(founding.batch)
        var core = founding.core
        for round in 0..<30 {
            let proposals = (1...3).flatMap { number in
                let host = Speaker(number, bench).host
                return [Proposal(.joined(Joining(host: host))), Proposal(.workRequested(host))]
            }
            bench.advance(round % 5 == 0 ? 601 : 1)
            let decision = try core.decide(proposals, at: bench.now, snapshotEvery: 4)
            try bench.memory.commit(decision.batch)
            core = decision.core
            #expect(try CoordinatorCore.recover(try #require(bench.memory.load())) == core)
        }
        #expect(core.run.counts.late > 0)
        #expect(try #require(bench.memory.load()).snapshotCount > 0)
    }

    @Test func `a snapshot has only the hosts that changed, and all come back`() throws {
        let bench = try Bench()
        let founding = try CoordinatorCore.found(
            policy: bench.project.policy, description: bench.project.description, genesis: bench.project.genesis,
            at: bench.now)
        try bench.memory.commit(founding.batch)
        var core = founding.core
        var sizes: [Int] = []
        for number in 1...20 {
            let proposal = Proposal(.joined(Joining(host: ImaginaryProject.key(number).verifyingKey)))
            let advance = try core.advance([proposal], at: bench.now, snapshotEvery: 4)
            try bench.memory.commit(advance.batch)
            guard let snapshot = advance.batch.snapshot else { continue }
            #expect(snapshot.hosts.count == 4)
            sizes.append(snapshot.run.count)
        }
        #expect(sizes.count == 5 && (sizes.last ?? 0) - sizes[0] < 10, "\(sizes)")
        let recovered = try CoordinatorCore.recover(try #require(bench.memory.load()))
        #expect(recovered == core && recovered.run.hostCount == 20)
    }

    @Test func `a damaged journal is refused`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        try await Speaker(1, bench).work(for: coordinator, bench)
        let whole = try #require(bench.memory.load())
        #expect(whole.journal.count == 4)
        var damaged: [StoredRun] = []
        var missing = whole
        missing.journal.remove(at: 1)
        damaged.append(missing)
        var flipped = whole
        flipped.journal[2].event[5] ^= 1
        damaged.append(flipped)
        var doubled = whole
        doubled.journal[1].event = doubled.journal[0].event
        damaged.append(doubled)
        var wrongCount = whole
        wrongCount.snapshotCount = 3
        damaged.append(wrongCount)
        var truncated = whole
        truncated.snapshot.removeLast()
        damaged.append(truncated)
        for stored in damaged {
            #expect(throws: RecoveryFailure.self) { try CoordinatorCore.recover(stored) }
        }
        #expect(throws: Never.self) { try CoordinatorCore.recover(whole) }
    }

    @Test func `a store of another project or policy is refused`() async throws {
        let bench = try Bench()
        _ = try await bench.start()
        let other = try Bench(mergeEvery: 3).project
        await #expect(throws: RecoveryFailure.self) {
            _ = try await Coordinator(
                store: bench.store, blobs: bench.blobs, services: bench.services, key: other.key,
                description: other.description, policy: bench.project.policy, snapshotEvery: 16,
                genesis: other.genesis, now: { bench.now }
            )
        }
        await #expect(throws: RecoveryFailure.self) {
            _ = try await Coordinator(
                store: bench.store, blobs: bench.blobs, services: bench.services, key: bench.project.key,
                description: bench.project.description, policy: other.policy, snapshotEvery: 16,
                genesis: bench.project.genesis,
                now: { bench.now })
        }
    }
}
