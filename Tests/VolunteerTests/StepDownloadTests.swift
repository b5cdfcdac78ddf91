import Foundation
import Synchronization
import TestSupport
import Testing
import Volunteer
import WorkUnits

/// Which bytes a host fetches of a version when it has an earlier one.
struct StepDownloadTests {
    private static let parameters = 20_000
    private let temporary: TemporaryFolder
    private let folder: ClientFolder
    private let clock = FakeClock()
    private let worker = BaseWorker()

    init() throws {
        temporary = try TemporaryFolder()
        folder = ClientFolder(path: temporary.file("client"))
    }

    private func versions(_ count: Int, codec: UpdateCodec = .int8) throws -> [FakeVersion] {
        var random = SplitMix64(seed: 100)
        let head: [UInt8] = [8, 0, 0, 0, 0, 0, 0, 0] + Array("a header".utf8)
        var versions = [
            FakeVersion(number: 0, weights: head + [UInt8](littleEndian: random.floats(Self.parameters)))
        ]
        while versions.count < count {
            versions.append(try versions[versions.count - 1].next(parameters: Self.parameters, codec: codec))
        }
        return versions
    }

    private func run(
        _ coordinator: FakeCoordinator, until goal: VolunteerAgent.Goal = .finishedRun,
        answer: @escaping @Sendable (LoopbackServer.Request) throws -> LoopbackServer.Answer? = { _ in nil }
    ) async throws -> LoopbackServer {
        let server = try LoopbackServer { try answer($0) ?? coordinator.answer($0) }
        _ = try await folder.join(url: server.url, key: nil, hostName: "test")
        let agent = try VolunteerAgent(folder: folder, worker: worker, now: clock.now, sleep: clock.sleep)
        try await agent.run(until: goal)
        return server
    }

    private var cached: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: folder.path + "/cache").sorted() }
    }

    private func fetched(_ blob: [UInt8]?, from server: LoopbackServer) -> Int {
        server.requests.count { $0.path.hasSuffix("/blobs/\(Digest(of: blob ?? []))") }
    }

    @Test func `a host that has a version fetches the steps to the next ones`() async throws {
        let versions = try versions(4)
        let server = try await run(FakeCoordinator(versions: versions, bases: [0, 1, 2, 3]))
        #expect(worker.bases == versions.map(\.weights))
        #expect(versions.map { fetched($0.weights, from: server) } == [1, 0, 0, 0])
        #expect(versions.dropFirst().map { fetched($0.step, from: server) } == [1, 1, 1])
        // Nothing is left but two bases.
        #expect(try cached == versions.suffix(2).map { "\($0.number)-\($0.reference.weights).safetensors" })
    }

    @Test(arguments: [(3, true), (4, false)])
    func `several steps are taken at once while they are fewer bytes than the whole`(
        behind: Int, hasSteps: Bool
    ) async throws {
        let versions = try versions(5)
        let server = try await run(FakeCoordinator(versions: versions, bases: [0, behind]))
        #expect(worker.bases == [versions[0].weights, versions[behind].weights])
        #expect(fetched(versions[behind].weights, from: server) == (hasSteps ? 0 : 1))
        #expect(versions[1...behind].allSatisfy { fetched($0.step, from: server) == (hasSteps ? 1 : 0) })
    }

    @Test func `a base of before is there still, and one of long ago is fetched whole`() async throws {
        let versions = try versions(3)
        let server = try await run(FakeCoordinator(versions: versions, bases: [0, 1, 2, 1, 0]))
        #expect(worker.bases == [0, 1, 2, 1, 0].map { versions[$0].weights })
        #expect(versions.map { fetched($0.weights, from: server) } == [2, 0, 0])
    }

    enum Fault: CaseIterable {
        /// In the file that the steps begin from.
        case base
        /// The coordinator's: another step than its manifest names, one that leads elsewhere, none, one for another model,
        /// one of many bytes, a manifest that another key signed or that is of another version, no manifest.
        case content, sum, missing, model, size, signature, version, unknown
    }

    @Test(arguments: Fault.allCases)
    func `whatever is wrong with a step, the whole file is fetched`(fault: Fault) async throws {
        let versions = try versions(2)
        var published = versions
        let other = FakeVersion(number: 0, weights: versions[0].weights.map { $0 == 7 ? 8 : $0 })
        switch fault {
        case .sum: published[1].step = try other.next(parameters: Self.parameters, codec: .bfloat16).step
        case .missing: published[1].step = nil
        case .model:
            published[1].step = try UpdateArchive.encode(
                CheckpointStep.manifest(from: .zero, parameterCount: 3, codec: .int8, tokens: 1), difference: [1, 2, 3])
        case .size: published[1].step = Array(repeating: 1, count: versions[1].weights.count)
        default: break
        }
        let coordinator = try FakeCoordinator(versions: published, bases: [0, 1])
        let path = "\(folder.path)/cache/0-\(versions[0].reference.weights).safetensors"
        let forged = published
        let server = try await run(coordinator) { request in
            switch (fault, request.path) {
            case (.content, _) where request.path.hasSuffix("/blobs/\(Digest(of: forged[1].step ?? []))"):
                return .init(body: Array(repeating: 1, count: forged[1].step?.count ?? 0))
            case (.base, _) where request.path.hasSuffix("checkpoints/1"):
                try DurableFile.write(other.weights, to: path)
                return nil
            case (.unknown, _) where request.path.hasSuffix("checkpoints/1"): return .init(404)
            case (.signature, _) where request.path.hasSuffix("checkpoints/1"):
                let manifest = forged[1].manifest(previous: forged[0].reference)
                return try .json(Signed(manifest, by: .example(7), context: CheckpointManifest.signingContext))
            case (.version, _) where request.path.hasSuffix("checkpoints/1"):
                return try .json(
                    Signed(
                        forged[0].manifest(previous: nil), by: FakeCoordinator.key,
                        context: CheckpointManifest.signingContext))
            default: return nil
            }
        }
        #expect(worker.bases == versions.map(\.weights))
        #expect(fetched(versions[1].weights, from: server) == 1)
        #expect(try cached.allSatisfy { $0.hasSuffix(".safetensors") })
    }

    @Test(arguments: 1...6)
    func `a host that is stopped or cut off continues with what it has of the steps`(seed: UInt64) async throws {
        let versions = try versions(3)
        let coordinator = try FakeCoordinator(versions: versions, bases: [0, 2])
        let random = Mutex(SplitMix64(seed: seed))
        let server = try await run(coordinator) { request in
            guard request.path.contains("/blobs/") || request.path.contains("/checkpoints/") else { return nil }
            switch random.withLock({ Int.random(in: 0..<4, using: &$0) }) {
            case 0: return try .json(ErrorReply(code: "unavailable", message: "busy"), status: 503)
            case 1:
                var lost = try coordinator.answer(request)
                lost.breaksAfter = lost.body.count / 2
                return lost
            default: return nil
            }
        }
        #expect(worker.bases == [versions[0].weights, versions[2].weights], "seed \(seed)")
        #expect(fetched(versions[2].weights, from: server) == 0, "seed \(seed)")
    }
}

/// A worker that takes no time and remembers what it was to begin from.
private final class BaseWorker: UnitWorker {
    private let seen = Mutex<[[UInt8]]>([])

    var bases: [[UInt8]] { seen.withLock(\.self) }

    func train(slot: String, progress: @escaping @Sendable (TrainingProgress) -> Void) async throws -> WorkerEnd {
        let base = Array(try Data(contentsOf: URL(filePath: slot + "/base.safetensors")))
        seen.withLock { $0.append(base) }
        return try await FakeWorker().train(slot: slot, progress: progress)
    }
}
