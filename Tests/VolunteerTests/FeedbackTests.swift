import Foundation
import TestSupport
import Testing
import Volunteer
import WorkUnits

/// What a host keeps of error feedback from unit to unit, with a worker that takes no time and a server that a test makes.
struct FeedbackTests {
    private let temporary: TemporaryFolder
    private let folder: ClientFolder
    private let clock = FakeClock()

    init() throws {
        temporary = try TemporaryFolder()
        folder = ClientFolder(path: temporary.file("client"))
    }

    /// What the host has held back, by its own file.
    private var kept: [UInt8]? {
        FileManager.default.contents(atPath: "\(folder.path)/feedback/\(FakeCoordinator.key.verifyingKey)").map(
            Array.init)
    }

    private func run(
        _ coordinator: FakeCoordinator, until goal: VolunteerAgent.Goal = .finishedRun,
        answer: @escaping @Sendable (LoopbackServer.Request) throws -> LoopbackServer.Answer? = { _ in nil }
    ) async throws {
        let server = try LoopbackServer { try answer($0) ?? coordinator.answer($0) }
        _ = try await folder.join(url: server.url, key: nil, hostName: "test")
        let agent = try VolunteerAgent(
            folder: folder, worker: FeedbackWorker(), now: clock.now, sleep: clock.sleep)
        try await agent.run(until: goal)
    }

    /// Before and after, of every update that was accepted.
    private func digests(_ coordinator: FakeCoordinator) throws -> [FeedbackDigests] {
        try coordinator.updates.map {
            try #require(UpdateArchive($0, maximumParameters: FeedbackWorker.count).manifest.feedback)
        }
    }

    @Test func `each accepted update begins with what the one before left out`() async throws {
        let coordinator = try FakeCoordinator(units: 4)
        try await run(coordinator)
        let chain = try digests(coordinator)
        #expect(chain.map(\.before) == [FeedbackWorker.nothing] + chain.dropLast().map(\.after))
        #expect(Set(chain.map(\.after)).count == 4)
        #expect(try ErrorFeedback.digest(of: #require(kept)) == chain.last?.after)
    }

    @Test(arguments: [409, 410])
    func `an update that does not count takes nothing along`(status: Int) async throws {
        let coordinator = try FakeCoordinator(units: 3)
        try await run(coordinator, until: .oneUnit)
        let before = try #require(kept)
        let lost = ErrorReply(code: "no", message: "too late")
        try await run(coordinator, until: .oneUnit) {
            $0.path.hasSuffix("submissions") ? try .json(lost, status: status) : nil
        }
        #expect(kept == before)
        let rejected = SubmissionReply(verdict: .rejected(reason: "wrong"), height: 1)
        try await run(coordinator, until: .oneUnit) {
            $0.path.hasSuffix("submissions") ? try .json(rejected) : nil
        }
        #expect(kept == before)
        try await run(coordinator)
        let chain = try digests(coordinator)
        #expect(chain.map(\.before) == [FeedbackWorker.nothing] + chain.dropLast().map(\.after))
    }

    /// What the client saved when it asked for the verdict, or that and everything else: it knew the verdict and died.
    @Test(arguments: ["client/state.json", "client"])
    func `a verdict that is heard twice counts once`(lost: String) async throws {
        let coordinator = try FakeCoordinator(units: 3)
        try await run(coordinator, until: .oneUnit)
        let (original, copy) = (temporary.file(lost), temporary.file("copy"))
        try await run(coordinator, until: .oneUnit) {
            if $0.path.hasSuffix("submissions") { try FileManager.default.copyItem(atPath: original, toPath: copy) }
            return nil
        }
        try FileManager.default.removeItem(atPath: original)
        try FileManager.default.moveItem(atPath: copy, toPath: original)
        #expect(try folder.status().phase == "submitting")
        try await run(coordinator)
        let chain = try digests(coordinator)
        #expect(chain.count == 3 && chain.map(\.before) == [FeedbackWorker.nothing] + chain.dropLast().map(\.after))
    }

    @Test func `a host whose worker left nothing for an accepted update begins with nothing`() async throws {
        let coordinator = try FakeCoordinator(units: 3)
        try await run(coordinator, until: .oneUnit)
        let next = folder.slot + "/feedback.next"
        try await run(coordinator, until: .oneUnit) {
            if $0.path.hasSuffix("submissions") { try DurableFile.remove(next) }
            return nil
        }
        #expect(kept == nil)
        try await run(coordinator)
        #expect(try digests(coordinator).last?.before == FeedbackWorker.nothing)
    }

    @Test func `a host that lost what it held back begins with nothing`() async throws {
        let coordinator = try FakeCoordinator(units: 2)
        try await run(coordinator, until: .oneUnit)
        try FileManager.default.removeItem(atPath: folder.path + "/feedback")
        try await run(coordinator)
        #expect(try digests(coordinator).map(\.before) == [FeedbackWorker.nothing, FeedbackWorker.nothing])
    }
}

/// A worker that takes no time and learns the unit's digest; it holds back as the real one does.
struct FeedbackWorker: UnitWorker {
    static let count = 96
    static var nothing: Digest { ErrorFeedback(parameterCount: count).digest }

    func train(slot: String, progress: @escaping @Sendable (TrainingProgress) -> Void) async throws -> WorkerEnd {
        let unit = try FileDigest.read(slot + "/unit.caravan").digest
        let state = try? ErrorFeedback(FileBytes(path: slot + "/feedback"), parameterCount: Self.count)
        let learned = (unit.bytes + unit.bytes + unit.bytes).map { Float($0) }
        var next: [UInt8] = []
        let update = try (state ?? ErrorFeedback(parameterCount: Self.count)).encode(
            UpdateManifest(
                unit: unit, base: unit, parameterCount: Self.count, codec: .topK, tokens: 1, losses: [1]),
            difference: { Array(learned[$0]) }, limits: { $0.map { _ in .infinity } }, keep: { next += $0 })
        try DurableFile.write(next, to: slot + "/feedback.next")
        try DurableFile.write(CanonicalJSON.encode(TrainingTrace()), to: slot + "/trace.json")
        try DurableFile.write(update, to: slot + "/update.caravan")
        return WorkerEnd(exit: .finished, message: "")
    }
}
