import Checkpoints
import Coordination
import Federation
import Foundation
import Hosting
import Ledger
import Recipes
import Store
import Synchronization
import TestSupport
import Testing
import Training
import Verification
import WorkUnits

/// A coordinator with the real workshop, hosts that train for real, and one that does not do what it was asked.
@Suite struct AuditedRunTests {
    @Test func `a host that trains on other data is convicted, and the version after that is made without it`()
        async throws
    {
        try await TemporaryFolder.with { folder in
            let run = try await AuditedRun(in: folder)
            try await run.reachVersionOneWithACheat()
            try await run.reach(3)
            let ledger = try run.records()
            let convictions = ledger.compactMap { if case .convicted(let conviction) = $0 { conviction } else { nil } }
            let conviction = try #require(convictions.first)
            #expect(convictions.map(\.host) == [run.host(2)])
            #expect(conviction.struck == [conviction.index])
            #expect(ledger.contains { if case .audited(_, by: .some) = $0 { true } else { false } })

            // Whoever has the public data comes to the same versions.
            let mirror = try await run.mirror()
            var audit = RunAudit(mirror, expectedProject: AuditedRun.key.verifyingKey) { _ in }
            let report = try audit.run()
            #expect(report.findings == [] && report.recomputedVersions == 4 && report.convictions == 1)

            // And can see for himself who was right.
            let claims = try UnitAudit.claims("\(conviction.index)", in: mirror)
            let wrong = try #require(claims.first { $0.conviction != nil })
            #expect(wrong.conviction == conviction)
            guard case .parts(let step, _, _) = try UnitAudit(wrong, in: mirror, threads: 1).run(progress: { _ in })
            else { return #expect(Bool(false), "the losses part") }
            #expect(step < 4)
            let right = try #require(
                UnitAudit.claims("\(run.host(0))", in: mirror).first)
            #expect(try UnitAudit(right, in: mirror, threads: 1).run(progress: { _ in }) == .same)
            let name = "\(run.host(1))"
            #expect(
                try UnitAudit.claims(String(name.prefix(8)), in: mirror).allSatisfy {
                    $0.host == run.host(1)
                })
        }
    }

    @Test func `a cheat in the last version is not in it, and what waits of others is released`() async throws {
        try await TemporaryFolder.with { folder in
            let run = try await AuditedRun(in: folder)
            try await run.confirmHosts()
            try await run.reach(2)
            try await run.letAuditsEnd()
            try await run.completeVersionWithACheat()
            #expect(await run.version == 2, "the last version waits")
            try await run.reach(3)
            let mirror = try await run.mirror()
            var audit = RunAudit(mirror, expectedProject: AuditedRun.key.verifyingKey) { _ in }
            let report = try audit.run()
            #expect(report.findings == [] && report.convictions == 1 && report.openAudits == 0)
            let last = try await run.coordinator.checkpoint(version: 3).unverified()
            #expect(last.contributions.map(\.host) == [run.host(0)])
            let accounts = try mirror.credits(expectedProject: nil).accounts
            #expect(accounts.values.allSatisfy { $0.escrow == 0 })
            #expect(try #require(accounts[run.host(2)]).burned > 0 && #require(accounts[run.host(0)]).earned > 0)
        }
    }

    @Test func `a host that audits without training is convicted, and what it said can be looked at`() async throws {
        try await TemporaryFolder.with { folder in
            let run = try await AuditedRun(in: folder)
            try await run.confirmHosts()
            let unit = try await run.unitWithAFalseAudit()
            try await run.reach(3)
            let mirror = try await run.mirror()
            let claims = try UnitAudit.claims("\(unit)", in: mirror)
            let wrong = try #require(claims.first { $0.conviction != nil })
            #expect(wrong.host == run.host(2) && claims.contains { $0.host == run.host(0) })
            guard case .parts = try UnitAudit(wrong, in: mirror, threads: 1).run(progress: { _ in }) else {
                return #expect(Bool(false), "the losses part")
            }
            var audit = RunAudit(mirror, expectedProject: nil) { _ in }
            #expect(try audit.run().findings == [])
        }
    }

    @Test func `a struck contribution that is left in a version is found`() async throws {
        try await TemporaryFolder.with { folder in
            let run = try await AuditedRun(in: folder)
            try await run.reachVersionOneWithACheat()
            try await run.reach(3)
            // A coordinator that convicts, and goes on as if nothing had been.
            let mirror = try await run.mirror(forgetting: { if case .convicted = $0 { true } else { false } })
            var audit = RunAudit(mirror, expectedProject: nil) { _ in }
            let report = try audit.run()
            #expect(!report.isClean && report.recomputedVersions < 4, "a version is another without the conviction")
        }
    }
}

/// Processors that round differently: what hosts send is a little off what the coordinator computes.
@Suite struct TolerantRunTests {
    @Test func `the coordinator audits by itself, confirms what is near, and convicts what is not`() async throws {
        try await TemporaryFolder.with { folder in
            let run = try await AuditedRun(in: folder, drift: 0.001)
            for host in [0, 1] {
                try await run.work(host)
                try await run.letAuditsEnd()
            }
            try await run.completeVersionWithACheat()
            try await run.reach(3)
            let ledger = try run.records()
            let convictions = ledger.compactMap { if case .convicted(let conviction) = $0 { conviction } else { nil } }
            #expect(convictions.map(\.host) == [run.host(2)])
            #expect(!ledger.contains { if case .audited(_, by: .some) = $0 { true } else { false } })

            let mirror = try await run.mirror()
            var audit = RunAudit(mirror, expectedProject: AuditedRun.key.verifyingKey) { _ in }
            let report = try audit.run()
            #expect(report.findings == [] && report.convictions == 1)
            for claim in try UnitAudit.claims("\(run.host(0))", in: mirror).prefix(2) {
                guard
                    case .apart(let distance, isAllowed: true) = try UnitAudit(claim, in: mirror, threads: 1).run(
                        progress: { _ in })
                else { return #expect(Bool(false), "it is near") }
                #expect(distance > 0)
            }
            let wrong = try #require(UnitAudit.claims("\(run.host(2))", in: mirror).first)
            guard
                case .apart(let distance, isAllowed: false) = try UnitAudit(wrong, in: mirror, threads: 1).run(
                    progress: { _ in })
            else { return #expect(Bool(false), "it is not near") }
            #expect(distance > 0.1)
        }
    }

    @Test func `a quorum takes what is near as the same, and asks a third where it is not`() async throws {
        try await TemporaryFolder.with { folder in
            let run = try await AuditedRun(in: folder, federation: "quorum: 2", drift: 0.001)
            let units = [try #require(try await run.take(0)), try #require(try await run.take(1))]
            #expect(units[0].unit == units[1].unit)
            #expect(try await run.answer(units[0], as: 0) == .inconclusive)
            #expect(try await run.answer(units[1], as: 1) == .accepted)

            let disputed = [try #require(try await run.take(2)), try #require(try await run.take(0))]
            #expect(try await run.answer(disputed[0], as: 2, isCheating: true) == .inconclusive)
            #expect(try await run.answer(disputed[1], as: 0) == .inconclusive)
            #expect(try await run.answer(try #require(try await run.take(1)), as: 1) == .accepted)
            #expect(await run.version == 1)
            let counted = try run.records().compactMap { record -> HostID? in
                if case .contribution(let contribution, _) = record { contribution.host } else { nil }
            }
            #expect(counted.count == 2 && !counted.contains(run.host(2)))
        }
    }
}

/// The tiny project, audited in full unless `federation` says otherwise.
private final class AuditedRun: Sendable {
    static let key = SigningKey.example(1)
    let coordinator: Coordinator
    private let store = MemoryCoordinatorStore()
    private let blobs: BlobDirectory
    private let folder: URL
    private let clock = Clock()
    private let drift: Float

    /// - Parameters:
    ///   - federation: keys of the recipe's section.
    ///   - drift: above 0 hosts round so differently, and the project's numerics are `openblas`. Its updates are then
    ///     exact: of so few numbers a single one that is rounded another way would be too far.
    init(
        in folder: URL, federation: String = "audit: {share: 1, patienceSeconds: 30}", drift: Float = 0
    ) async throws {
        self.drift = drift
        let examples = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Examples/tiny")
        let text =
            try String(contentsOf: examples.appending(path: "recipe.yaml"), encoding: .utf8)
            .replacing(
                "deadlineSeconds: 60",
                with: "deadlineSeconds: 60, \(federation)\(drift > 0 ? ", updateCodec: float32" : "")"
            )
            .replacing("sequenceLength: 32}", with: "sequenceLength: 32\(drift > 0 ? ", numerics: openblas" : "")}")
            + "\nadmission: {proofBits: 0}\n"
        let recipe = folder.appending(path: "recipe.yaml")
        try text.write(to: recipe, atomically: true, encoding: .utf8)
        try FileManager.default.copyItem(
            at: examples.appending(path: "proverbs.txt"), to: folder.appending(path: "proverbs.txt"))
        self.folder = folder.appending(path: "data")
        blobs = try BlobDirectory(in: DataFolder(path: self.folder.path))
        let project = try HostedProject.open(
            ProjectFolder(path: folder.appending(path: "project").path), recipePath: recipe.path, key: Self.key,
            blobs: blobs
        ) { _ in }
        coordinator = try await Coordinator(
            store: store, blobs: blobs, services: Workshop(project, key: Self.key, blobs: blobs), key: Self.key,
            description: project.description, policy: project.recipe.policy, snapshotEvery: 16,
            genesis: project.genesis,
            now: { [clock] in clock.now })
    }

    private final class Clock: Sendable {
        let seconds = Mutex(1_000_000.0)
        private let nonces = Mutex(UInt64(0))
        var now: Timestamp { Timestamp(milliseconds: 0) + Seconds(seconds.withLock { $0 }) }

        func nonce() -> UInt64 {
            nonces.withLock { last in
                last += 1
                return last
            }
        }
    }

    var version: Int { get async { (try? await coordinator.status().version) ?? -1 } }

    func host(_ number: Int) -> HostID { SigningKey.example(UInt8(10 + number)).verifyingKey }

    func work(_ number: Int) async throws {
        guard let assignment = try await take(number) else { return try await letCoordinatorWork() }
        try await answer(assignment, as: number)
    }

    /// - Returns: nil where a host has to wait.
    func take(_ number: Int) async throws -> Assignment? {
        let key = SigningKey.example(UInt8(10 + number))
        let host = key.verifyingKey
        // The same nonces in every run of the test: who audits what depends on all that the ledger holds.
        try await coordinator.register(
            key.registration(in: Self.key.verifyingKey, nonce: clock.nonce(), at: clock.now))
        let request = WorkRequest(
            project: Self.key.verifyingKey, host: host, stamp: RequestStamp(clock.now, nonce: clock.nonce()))
        let reply = try await coordinator.requestWork(Signed(request, by: key, context: WorkRequest.signingContext))
        guard case .assigned(let signed) = reply else { return nil }
        return try signed.unverified()
    }

    /// - Parameter isCheating: it trains on the text in another order than it was told.
    @discardableResult
    func answer(_ assignment: Assignment, as number: Int, isCheating: Bool = false) async throws -> Verdict {
        let key = SigningKey.example(UInt8(10 + number))
        let host = key.verifyingKey
        let archive = try WorkUnitArchive.decode(#require(try blobs.open(assignment.unit)))
        var settings = archive.unit.training
        if isCheating { settings.seed += 1 }
        let base = try WeightsFile(#require(try blobs.open(assignment.base.weights)))
        let start = try base.all()
        let trainer = try Trainer(
            model: archive.unit.model, settings: settings, weights: start, tokens: archive.tokens, threads: 1)
        while !trainer.isFinished { try trainer.takeStep() }
        let manifest = UpdateManifest(
            answering: archive.unit, named: assignment.unit, parameterCount: start.count, losses: trainer.losses,
            trace: trainer.trace.commitment)
        let random = CounterRandom(seed: UInt64(number), stream: 0)
        let difference = zip(trainer.weights(), start).enumerated().map { place, weights in
            (weights.0 - weights.1) * (random.below(2, UInt64(place)) == 0 ? 1 + drift : 1 - drift)
        }
        let update = try UpdateArchive.encode(manifest, difference: difference)
        let submission = Submission(
            project: Self.key.verifyingKey, assignment: assignment.id, host: host, unit: assignment.unit,
            update: Digest(of: update))
        let delivery = Delivery(
            try Signed(submission, by: key, context: Submission.signingContext), trace: trainer.trace, update: update)
        let verdict = try await coordinator.submit(delivery).submission.verdict
        if case .rejected(let reason) = verdict { throw Refusal(.conflict, reason) }
        try await letCoordinatorWork()
        return verdict
    }

    private func letCoordinatorWork() async throws {
        try await coordinator.settle()
        await coordinator.awaitReplay()
    }

    /// All hosts are confirmed; then host 2 cheats, and a version is made with what it gave.
    func reachVersionOneWithACheat() async throws {
        try await confirmHosts()
        try await completeVersionWithACheat()
        #expect(await version == 1)
    }

    /// Host 2 by a unit of its own, so that it may audit what the others answer to theirs.
    func confirmHosts() async throws {
        let units = [(0, try #require(try await take(0))), (2, try #require(try await take(2)))]
        for (host, unit) in units {
            try await answer(unit, as: host)
            try await letAuditsEnd()
        }
        try await work(1)
        try await letAuditsEnd()
        #expect(await version == 0)
    }

    func completeVersionWithACheat() async throws {
        let honest = try #require(try await take(0))
        try await answer(#require(try await take(2)), as: 2, isCheating: true)
        try await answer(honest, as: 0)
    }

    /// Host 2 audits an answer of host 0, and does not train what it was asked to.
    func unitWithAFalseAudit() async throws -> Digest {
        let unit = try #require(try await take(0))
        try await answer(unit, as: 0)
        let audit = try #require(try await take(2))
        #expect(audit.unit == unit.unit)
        try await answer(audit, as: 2, isCheating: true)
        return unit.unit
    }

    /// Lets the two honest hosts work, on units and on audits that they happen to get, until there is a version.
    func reach(_ wanted: Int) async throws {
        for _ in 0..<8 {
            for host in [1, 0] where await version < wanted { try await work(host) }
            if await version < wanted { try await letAuditsEnd() }
        }
        #expect(await version == wanted)
    }

    /// Lets the coordinator do the audits that wait.
    func letAuditsEnd() async throws {
        clock.seconds.withLock { $0 += 31 }
        try await coordinator.passTime()
        for _ in 0..<8 { try await letCoordinatorWork() }
    }

    func records() throws -> [LedgerRecord] {
        try store.ledgerEntries(from: 0, limit: 1000).map {
            try CanonicalJSON.decode(LedgerEntry.self, from: Array($0.utf8)).record
        }
    }

    /// Everything public. The blobs lie as a mirror has them.
    ///
    /// - Parameter isForgotten: records that are left out of a chain that is signed again.
    func mirror(forgetting isForgotten: (LedgerRecord) -> Bool = { _ in false }) async throws -> PublicMirror {
        let mirror = PublicMirror(path: folder.path)
        var chain = LedgerChain()
        let lines = try records().filter { !isForgotten($0) }.map {
            try chain.append($0, at: Timestamp(milliseconds: 0)).text
        }
        try DurableFile.makeFolder(folder.appending(path: "checkpoints").path)
        func write(_ document: some Encodable, to file: URL) throws {
            try DurableFile.write(CanonicalJSON.encode(document), to: file.path)
        }
        try write(coordinator.project(), to: mirror.projectFile)
        try DurableFile.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: mirror.ledgerFile.path)
        try write(chain.signedHead(by: Self.key), to: mirror.headFile)
        for version in 0...3 {
            try write(try await coordinator.checkpoint(version: version), to: mirror.checkpointFile(version))
        }
        return mirror
    }
}
