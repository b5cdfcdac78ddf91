import Coordination
import Federation
import Ledger
import SimulationSupport
import Testing
import WorkUnits

struct ReadingTests {
    @Test func `the ledger can be read in pages and verified`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        for _ in 0..<2 {
            for _ in 0..<2 { try await Speaker(1, bench).work(for: coordinator, bench) }
            try await coordinator.settle()
        }
        var verifier = LedgerVerifier(project: bench.project.key.verifyingKey)
        var from = 0
        while true {
            let page = try await coordinator.ledgerPage(from: from, limit: 3)
            if page.entries.isEmpty {
                try verifier.verify(head: page.head)
                break
            }
            for text in page.entries { try verifier.verify(text) }
            from += page.entries.count
        }
        #expect(from == 9, "opened, version 0, a host, and twice two contributions and a version")
        #expect(verifier.height == 4 && verifier.version == 2)
    }

    @Test func `pages outside the ledger are refused`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        #expect(try await coordinator.ledgerPage(from: 2, limit: 1).entries.isEmpty)
        #expect(try await refusal { _ = try await coordinator.ledgerPage(from: 3, limit: 1) } == .notFound)
        #expect(try await refusal { _ = try await coordinator.ledgerPage(from: -1, limit: 1) } == .malformed)
        #expect(try await refusal { _ = try await coordinator.ledgerPage(from: 0, limit: 0) } == .malformed)
        #expect(try await coordinator.ledgerPage(from: 0, limit: .max).entries.count == 2)
    }

    @Test func `versions are there as soon as they are in the ledger`() async throws {
        let bench = try Bench(mergeEvery: 1)
        let coordinator = try await bench.start()
        #expect(try await coordinator.checkpoint(version: nil).document == bench.project.genesis.document)
        #expect(try await refusal { _ = try await coordinator.checkpoint(version: 1) } == .notFound)
        try await Speaker(1, bench).work(for: coordinator, bench)
        try await coordinator.settle()
        let newest = try await coordinator.checkpoint(version: nil)
        let manifest = try newest.verified(
            by: bench.project.key.verifyingKey, context: CheckpointManifest.signingContext)
        #expect(manifest.version == 1 && manifest.height == 1)
        #expect(try await coordinator.checkpoints().map(\.version) == [0, 1])
        let entries = try await coordinator.ledgerPage(from: 4, limit: 1).entries
        let entry = try CanonicalJSON.decode(LedgerEntry.self, from: Array(try #require(entries.first).utf8))
        #expect(
            entry.record == .checkpoint(version: 1, height: 1, weights: manifest.weights, manifest: newest.digest))
    }

    @Test func `run does what is due until it is cancelled`() async throws {
        let bench = try Bench(mergeEvery: 1, lastVersion: 3)
        let coordinator = try await bench.start()
        let running = Task { await coordinator.run() }
        let host = Speaker(1, bench)
        for height in 1...3 {
            var reply: SubmissionReply?
            // The next unit is there as soon as the merge is done; until then there is none.
            while reply == nil {
                do { reply = try await host.work(for: coordinator, bench) } catch let refusal as Refusal {
                    #expect(refusal.code == .unavailable)
                    await Task.yield()
                }
            }
            #expect(reply == SubmissionReply(verdict: .accepted, height: height))
        }
        while try await !coordinator.status().finished { await Task.yield() }
        running.cancel()
        await running.value
        #expect(bench.services.merged == [1, 2, 3])
    }
}
