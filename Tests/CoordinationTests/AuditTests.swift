import Coordination
import Federation
import Ledger
import SimulationSupport
import Testing
import WorkUnits

/// Audits, from the draw in a transaction to the conviction in the ledger.
@Suite struct AuditTests {
    private let bench: Bench

    init() throws {
        bench = try Bench(staleness: 1, audit: AuditRule(share: 1))
    }

    /// - Parameter drift: another one than 0 is as sound, but not what the unit gives.
    private func work(_ number: Int, _ coordinator: Coordinator, drift: Int = 0) async throws {
        let host = Speaker(number, bench)
        let assignment = try await host.assignment(from: coordinator, bench)
        let trace = try host.trace(bench)
        let reply = try await coordinator.submit(
            try await host.answer(to: assignment, coordinator, drift: drift), trace: trace)
        #expect([.accepted, .uncounted(because: .newcomer), .uncounted(because: .audit)].contains(reply.verdict))
        try await coordinator.settle()
        await coordinator.awaitReplay()
    }

    private func records() async throws -> [LedgerRecord] {
        try await bench.store.ledgerEntries(from: 0, limit: 1000).map {
            try CanonicalJSON.decode(LedgerEntry.self, from: Array($0.utf8)).record
        }
    }

    private func verified() async throws -> LedgerVerifier {
        var verifier = LedgerVerifier(project: bench.project.key.verifyingKey)
        for text in try await bench.store.ledgerEntries(from: 0, limit: 1000) { try verifier.verify(text) }
        return verifier
    }

    @Test func `an answer is drawn by its own entry, and the coordinator trains the first one again`() async throws {
        let coordinator = try await bench.start()
        try await work(1, coordinator)
        #expect(try bench.recovered().undrawnAnswers == 0)
        #expect(try await verified().openAudits == 0)
        #expect(try await records().count { if case .audited(_, by: nil) = $0 { true } else { false } } == 1)
        try await work(2, coordinator)
        #expect(try await verified().openAudits == 1, "the next one waits for the first host")
    }

    @Test func `what no host audits the coordinator trains again, once it may have crashed too`() async throws {
        var coordinator = try await bench.start()
        try await work(1, coordinator)
        try await work(2, coordinator, drift: 1)
        try await work(3, coordinator)
        bench.advance(61)
        try await coordinator.passTime()
        #expect(try bench.recovered().outstanding.contains { if case .replay = $0 { true } else { false } })
        coordinator = try await bench.start()
        for _ in 0..<4 {
            try await coordinator.settle()
            await coordinator.awaitReplay()
        }
        let records = try await records()
        let convicted = records.compactMap { if case .convicted(let conviction) = $0 { conviction.host } else { nil } }
        #expect(convicted == [Speaker(2, bench).host])
        #expect(records.contains { if case .audited(_, by: nil) = $0 { true } else { false } })
        #expect(try bench.recovered().counts.convicted == 1)
        #expect(try await verified().openAudits == 0)
    }

    @Test func `a replay that fails is tried again`() async throws {
        let coordinator = try await bench.start()
        try await work(1, coordinator)
        try await work(2, coordinator)
        bench.advance(61)
        try await coordinator.passTime()
        bench.services.failNext(1)
        try await coordinator.settle()
        await coordinator.awaitReplay()
        #expect(bench.reports.contains { $0.contains("could not be trained again") })
        bench.advance(5)
        try await coordinator.settle()
        await coordinator.awaitReplay()
        #expect(try await records().contains { if case .audited(_, by: nil) = $0 { true } else { false } })
    }
}
