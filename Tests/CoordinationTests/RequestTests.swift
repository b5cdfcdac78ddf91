import Coordination
import Federation
import SimulationSupport
import Testing
import WorkUnits

struct RequestTests {
    @Test func `a host registers, works and is told the verdict`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        let host = Speaker(1, bench)
        let reply = try await host.work(for: coordinator, bench)
        #expect(reply == SubmissionReply(verdict: .accepted, height: 1))
        let status = try await coordinator.status()
        #expect(status.height == 1 && status.hosts == 1 && status.issued == 1 && status.openAssignments == 0)
        #expect(status.bytesUp > 0)
    }

    @Test func `an assignment is the same signed bytes when it is asked for again`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        let host = Speaker(1, bench)
        let first = try await host.assignment(from: coordinator, bench)
        bench.advance(10)
        #expect(try await host.assignment(from: coordinator, bench) == first)
        let archive = ImaginaryProject.archive(of: IssuedUnit(index: 0, base: first.base, steps: 0..<8))
        #expect(first.unit == Digest(of: archive) && first.unitBytes == archive.count)
        #expect(bench.blobs.open(first.unit)?.count == archive.count)
    }

    @Test func `what another key signed is refused`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        let host = Speaker(1, bench)
        var forged = try host.registration()
        forged.signature = try Speaker(2, bench).registration().signature
        #expect(try await refusal { try await coordinator.register(forged) } == .unauthorized)
        // A signature made for one kind of document does not serve another.
        let body = try host.registration().unverified()
        let misused = try Signed(body, by: host.key, context: WorkRequest.signingContext)
        #expect(try await refusal { try await coordinator.register(misused) } == .unauthorized)
        #expect(try await coordinator.status().hosts == 0)
    }

    @Test func `what was signed for another project is refused`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        let host = Speaker(1, bench)
        let body = WorkRequest(project: Speaker(9, bench).host, host: host.host, stamp: RequestStamp(bench.now))
        let request = try Signed(body, by: host.key, context: WorkRequest.signingContext)
        #expect(try await refusal { _ = try await coordinator.requestWork(request) } == .unauthorized)
    }

    @Test func `documents that are not in canonical form or out of bounds are malformed`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        let host = Speaker(1, bench)
        var spaced = try host.registration()
        spaced.document = " " + spaced.document
        #expect(try await refusal { try await coordinator.register(spaced) } == .malformed)
        let long = try host.registration(name: String(repeating: "x", count: 65))
        #expect(try await refusal { try await coordinator.register(long) } == .malformed)
    }

    @Test func `a work request is only good near its time`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        let host = Speaker(1, bench)
        try await coordinator.register(try host.registration())
        let request = try host.workRequest(at: bench.now)
        bench.advance(299)
        #expect(try await refusal { _ = try await coordinator.requestWork(request) } == nil)
        bench.advance(2)
        #expect(try await refusal { _ = try await coordinator.requestWork(request) } == .unauthorized)
        let early = try host.workRequest(at: bench.now + Seconds(301))
        #expect(try await refusal { _ = try await coordinator.requestWork(early) } == .unauthorized)
        let never = try host.workRequest(at: Timestamp(milliseconds: .min))
        #expect(try await refusal { _ = try await coordinator.requestWork(never) } == .unauthorized)
    }

    @Test func `a host that is not registered gets no work`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        let request = try Speaker(1, bench).workRequest(at: bench.now)
        #expect(try await refusal { _ = try await coordinator.requestWork(request) } == .notFound)
    }

    @Test func `many hosts at once get different units and count once each`() async throws {
        let bench = try Bench(mergeEvery: 32)
        let coordinator = try await bench.start()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...32 {
                group.addTask { try await Speaker(number, bench).work(for: coordinator, bench) }
            }
            try await group.waitForAll()
        }
        try await coordinator.settle()
        let manifest = try await coordinator.checkpoint(version: 1).unverified()
        #expect(manifest.contributions.map(\.index) == Array(0..<32))
        #expect(try await coordinator.status().version == 1)
    }

    @Test func `the run's last version ends the work`() async throws {
        let bench = try Bench(mergeEvery: 1, lastVersion: 2)
        let coordinator = try await bench.start()
        let host = Speaker(1, bench)
        for _ in 0..<2 {
            try await host.work(for: coordinator, bench)
            try await coordinator.settle()
        }
        #expect(try await coordinator.requestWork(try host.workRequest(at: bench.now)) == .finished)
        #expect(try await coordinator.status().finished)
    }
}
