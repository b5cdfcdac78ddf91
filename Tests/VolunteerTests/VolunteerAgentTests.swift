import Foundation
import Synchronization
import TestSupport
import Testing
import Transport
import Volunteer
import WorkUnits

/// The agent against a server that a test makes, with a worker that takes no time.
struct VolunteerAgentTests {
    let temporary: TemporaryFolder
    let folder: ClientFolder
    let clock = FakeClock()

    init() throws {
        temporary = try TemporaryFolder()
        folder = ClientFolder(path: temporary.file("client"))
    }

    @Test func `a volunteer computes every unit and stops when the run is finished`() async throws {
        let coordinator = try FakeCoordinator(units: 3)
        let server = try LoopbackServer(coordinator.answer)
        try await join(server)
        try await run(until: .finishedRun)
        #expect(coordinator.updates == coordinator.units.map(FakeWorker.update))
        let status = try folder.status()
        #expect(status.tally.accepted == 3 && status.phase == "finished" && !status.isRunning)
        #expect(server.requests.count { $0.path.contains("/blobs/\(Digest(of: coordinator.base))") } == 1)
    }

    @Test func `one unit is enough when asked for one`() async throws {
        let coordinator = try FakeCoordinator(units: 3)
        let server = try LoopbackServer(coordinator.answer)
        try await join(server)
        try await run(until: .oneUnit)
        #expect(coordinator.submissions.count == 1)
    }

    @Test(arguments: 1...8)
    func `failures of every request lose nothing and double nothing`(seed: UInt64) async throws {
        let coordinator = try FakeCoordinator(units: 4)
        let random = Mutex(SplitMix64(seed: seed))
        let server = try LoopbackServer { request in
            let draw = random.withLock { Int.random(in: 0..<8, using: &$0) }
            switch draw {
            case 0: return .init(body: [1], breaksAfter: 0)
            case 1: return try .json(ErrorReply(code: "unavailable", message: "busy"), status: 503)
            case 2:
                var lost = try coordinator.answer(request)
                lost.breaksAfter = lost.body.count / 2
                return lost
            default: return try coordinator.answer(request)
            }
        }
        try await joinUntilItWorks(server)
        try await run(until: .finishedRun)
        #expect(coordinator.updates == coordinator.units.map(FakeWorker.update), "seed \(seed)")
    }

    @Test(arguments: 1...8)
    func `a client that is stopped at any request continues`(seed: UInt64) async throws {
        let coordinator = try FakeCoordinator(units: 4)
        let random = Mutex(SplitMix64(seed: seed))
        let running = Mutex<Task<Void, any Error>?>(nil)
        let server = try LoopbackServer { request in
            let stops = random.withLock { Int.random(in: 0..<4, using: &$0) } == 0
            // With the answer or before it: the client cannot know.
            if stops { running.withLock { $0?.cancel() } }
            return try coordinator.answer(request)
        }
        try await join(server)
        var starts = 0
        while try folder.status().phase != "finished" {
            starts += 1
            let task = Task { try await run(until: .finishedRun) }
            running.withLock { $0 = task }
            try await task.value
        }
        #expect(starts > 1, "seed \(seed)")
        #expect(coordinator.updates == coordinator.units.map(FakeWorker.update), "seed \(seed)")
    }

    @Test func `another project's server is refused at join and at run`() async throws {
        let server = try LoopbackServer(FakeCoordinator(units: 1).answer)
        try await join(server)
        let other = SigningKey.example(9)
        let stranger = try LoopbackServer { request in
            var description = try FakeCoordinator(units: 1).description
            description.project = other.verifyingKey
            return try .json(Signed(description, by: other, context: ProjectDescription.signingContext))
        }
        let wrong = VolunteerFailure.wrongProject(
            pinned: FakeCoordinator.key.verifyingKey, found: other.verifyingKey, url: stranger.url)
        await #expect(throws: wrong) { try await join(stranger) }
        #expect(try folder.status().project.url == server.url)

        try replace(server.url, with: stranger.url, in: "project.json")
        await #expect(throws: wrong) { try await run(until: .finishedRun) }
        #expect(stranger.requests.allSatisfy { $0.method == "GET" })
    }

    @Test func `a description that its own key did not sign is refused`() async throws {
        let server = try LoopbackServer { _ in
            let description = try FakeCoordinator(units: 1).description
            return try .json(Signed(description, by: .example(9), context: ProjectDescription.signingContext))
        }
        await #expect(throws: UntrustedDocument.self) { try await join(server) }
        #expect(!FileManager.default.fileExists(atPath: folder.path))
    }

    @Test func `a key that is known from elsewhere must be the server's`() async throws {
        let server = try LoopbackServer(FakeCoordinator(units: 1).answer)
        await #expect(throws: VolunteerFailure.self) {
            _ = try await folder.join(url: server.url, key: SigningKey.example(8).verifyingKey, hostName: nil)
        }
        _ = try await folder.join(url: server.url, key: FakeCoordinator.key.verifyingKey, hostName: nil)
    }

    enum Forgery: CaseIterable {
        case anotherKey, anotherHost, anotherProject, hugeUnit, emptyBase
    }

    @Test(arguments: Forgery.allCases)
    func `an assignment that is not ours is not worked on`(forgery: Forgery) async throws {
        let coordinator = try FakeCoordinator(units: 1)
        let asked = Atomic(0)
        let server = try LoopbackServer { request in
            guard request.path.hasSuffix("/work"), asked.add(1, ordering: .relaxed).newValue <= 3 else {
                return try coordinator.answer(request)
            }
            let host = SigningKey.example(2).verifyingKey
            var assignment = coordinator.assignment(0, host: try folder.status().host)
            switch forgery {
            case .anotherKey: break
            case .anotherHost: assignment.host = host
            case .anotherProject: assignment.project = host
            case .hugeUnit: assignment.unitBytes = 1 << 50
            case .emptyBase: assignment.base.bytes = 0
            }
            let signer = forgery == .anotherKey ? SigningKey.example(7) : FakeCoordinator.key
            return try .json(WorkReply.assigned(Signed(assignment, by: signer, context: Assignment.signingContext)))
        }
        try await join(server)
        try await run(until: .finishedRun)
        let beforeWork = server.requests.prefix { !$0.path.contains("/blobs/") }
        #expect(beforeWork.count { $0.path.hasSuffix("/work") } == 4)
        #expect(coordinator.submissions.count == 1)
    }

    @Test func `a unit for another base than its assignment's is given up`() async throws {
        let coordinator = try FakeCoordinator(units: 1)
        let asked = Atomic(0)
        let server = try LoopbackServer { request in
            guard request.path.hasSuffix("/work"), asked.add(1, ordering: .relaxed).newValue == 1 else {
                return try coordinator.answer(request)
            }
            var assignment = coordinator.assignment(0, host: try folder.status().host)
            assignment.base.version = 1
            return try .json(
                WorkReply.assigned(Signed(assignment, by: FakeCoordinator.key, context: Assignment.signingContext)))
        }
        try await join(server)
        try await run(until: .finishedRun)
        #expect(try folder.status().tally == .init(accepted: 1, dropped: 1))
    }

    @Test(arguments: [WorkerExit.malformedUnit, .diverged])
    func `a unit that cannot be computed is given up`(exit: WorkerExit) async throws {
        let coordinator = try FakeCoordinator(units: 1)
        let server = try LoopbackServer(coordinator.answer)
        try await join(server)
        try await run(until: .oneUnit, worker: FakeWorker(end: WorkerEnd(exit: exit, message: "NaN at step 3")))
        let status = try folder.status()
        #expect(status.tally == .init(dropped: 1))
        #expect(status.pause?.reason == "NaN at step 3")
        #expect(coordinator.submissions.isEmpty)
    }

    @Test func `a damaged base is fetched again`() async throws {
        let coordinator = try FakeCoordinator(units: 1)
        let server = try LoopbackServer(coordinator.answer)
        try await join(server)
        let worker = FailingOnce(end: WorkerEnd(exit: .wrongBase, message: "not the base"))
        try await run(until: .finishedRun, worker: worker)
        #expect(coordinator.submissions.count == 1)
        #expect(server.requests.count { $0.path.hasSuffix("/blobs/\(Digest(of: coordinator.base))") } == 2)
    }

    @Test(arguments: [WorkerExit.diskFull, .inputOutput, .stopped, nil])
    func `a worker that failed for a while is started again`(exit: WorkerExit?) async throws {
        let coordinator = try FakeCoordinator(units: 1)
        let server = try LoopbackServer(coordinator.answer)
        try await join(server)
        try await run(until: .finishedRun, worker: FailingOnce(end: WorkerEnd(exit: exit, message: "not now")))
        #expect(try folder.status().tally == .init(accepted: 1))
    }

    @Test func `a small update comes with its submission, and the next unit with the answer`() async throws {
        let coordinator = try FakeCoordinator(units: 6)
        let server = try LoopbackServer(coordinator.answer)
        try await join(server)
        try await run(until: .finishedRun)
        let small = coordinator.updates.count { $0.count <= Delivery.maximumUpdateBytes }
        #expect((1..<6).contains(small), "both kinds")
        #expect(server.requests.count { $0.path.hasSuffix("/uploads") } == 6 - small)
        #expect(server.requests.count { $0.path.hasSuffix("/work") } == 7 - small)
    }

    @Test(arguments: [("uploads", 410), ("uploads", 413), ("submissions", 409), ("submissions", 410)])
    func `an assignment that the server does not want any more is given up`(path: String, status: Int) async throws {
        let coordinator = try FakeCoordinator(units: 1, large: true)
        let refused = Atomic(false)
        let server = try LoopbackServer { request in
            if request.path.hasSuffix(path), !refused.exchange(true, ordering: .relaxed) {
                return try .json(ErrorReply(code: "no", message: "too late"), status: status)
            }
            return try coordinator.answer(request)
        }
        try await join(server)
        try await run(until: .finishedRun)
        #expect(try folder.status().tally == .init(accepted: 1, dropped: 1))
    }

    @Test func `a server that lost an update gets it again`() async throws {
        let coordinator = try FakeCoordinator(units: 1, large: true)
        let asked = Atomic(false)
        let server = try LoopbackServer { request in
            if request.path.hasSuffix("submissions"), !asked.exchange(true, ordering: .relaxed) {
                return try .json(ErrorReply(code: "not-found", message: "upload it first"), status: 404)
            }
            return try coordinator.answer(request)
        }
        try await join(server)
        try await run(until: .finishedRun)
        #expect(server.requests.count { $0.path.hasSuffix("/uploads") } == 2)
        #expect(try folder.status().tally == .init(accepted: 1))
    }

    @Test func `a server that forgot its hosts gets to know this one again`() async throws {
        let coordinator = try FakeCoordinator(units: 1)
        let asked = Atomic(false)
        let server = try LoopbackServer { request in
            if request.path.hasSuffix("work"), !asked.exchange(true, ordering: .relaxed) {
                return try .json(ErrorReply(code: "not-found", message: "who are you?"), status: 404)
            }
            return try coordinator.answer(request)
        }
        try await join(server)
        try await run(until: .finishedRun)
        #expect(server.requests.count { $0.path.hasSuffix("/hosts") } == 2)
        #expect(coordinator.submissions.count == 1)
    }
}

extension VolunteerAgentTests {
    private func join(_ server: LoopbackServer) async throws {
        _ = try await folder.join(url: server.url, key: nil, hostName: "test")
    }

    private func joinUntilItWorks(_ server: LoopbackServer) async throws {
        while true {
            do {
                return try await join(server)
            } catch is TransportFailure {
                continue
            }
        }
    }

    private func run(until goal: VolunteerAgent.Goal, worker: any UnitWorker = FakeWorker()) async throws {
        let agent = try VolunteerAgent(folder: folder, worker: worker, now: clock.now, sleep: clock.sleep)
        try await agent.run(until: goal)
    }

    private func replace(_ old: String, with new: String, in file: String) throws {
        let path = "\(folder.path)/\(file)"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let escape = { (url: String) in url.replacing("/", with: "\\/") }
        try text.replacing(old, with: new).replacing(escape(old), with: escape(new))
            .write(toFile: path, atomically: true, encoding: .utf8)
    }
}

/// Ends badly once, then works.
final class FailingOnce: UnitWorker {
    private let end: WorkerEnd
    private let hasFailed = Atomic(false)

    init(end: WorkerEnd) {
        self.end = end
    }

    func train(slot: String, progress: @escaping @Sendable (TrainingProgress) -> Void) async throws -> WorkerEnd {
        if !hasFailed.exchange(true, ordering: .relaxed) { return end }
        return try await FakeWorker().train(slot: slot, progress: progress)
    }
}
