import Foundation
import Synchronization
import TestSupport
import Volunteer
import WorkUnits

/// A coordinator of a few units, and the host's side of a test beside it.
final class FakeCoordinator: Sendable {
    static let key = SigningKey.example(1)
    let units: [[UInt8]]
    let versions: [FakeVersion]
    /// The version from which each unit begins.
    private let bases: [Int]
    /// What it shows of its ledger, which does not grow.
    let ledger: Digest
    private let admission: AdmissionRule
    private let state = Mutex(State())

    struct State {
        var hosts: [HostID: Joining] = [:]
        /// Documents of accounts, as they came.
        var revocations: [HostRevocation] = []
        var replacements: [KeyReplacement] = []
        /// Units that were submitted, by assignment.
        var submissions: [AssignmentID: Submission] = [:]
        var updates: [Digest: [UInt8]] = [:]
        var uploads: [Digest: (announcement: UploadAnnouncement, bytes: [UInt8])] = [:]
        var requests = 0
    }

    /// - Parameter large: whether all updates are too large to come with their submissions.
    convenience init(
        units count: Int, large: Bool = false, admission: AdmissionRule = .open(proofBits: 0), ledger: Digest = .zero
    ) throws {
        try self.init(
            versions: [FakeVersion(number: 0, weights: Array("base".utf8))], bases: Array(repeating: 0, count: count),
            large: large, admission: admission, ledger: ledger)
    }

    /// A coordinator of one unit for each base.
    init(
        versions: [FakeVersion], bases: [Int], large: Bool = false, admission: AdmissionRule = .open(proofBits: 0),
        ledger: Digest = .zero
    ) throws {
        self.ledger = ledger
        let shard = try TokenShard.encode((0..<32).map { UInt32($0) }, vocabulary: 40)
        (self.versions, self.bases, self.admission) = (versions, bases, admission)
        units = try bases.enumerated().map { number, base in
            // `FakeWorker` answers units of an even index with large updates.
            var unit = WorkUnit.example(index: large ? 2 * number : number, shard: shard, tokenCount: 32)
            unit.base = versions[base].reference
            return try WorkUnitArchive.encode(unit, shard: shard)
        }
    }

    /// Version 0.
    var base: [UInt8] { versions[0].weights }

    var description: ProjectDescription {
        ProjectDescription(
            name: "Test", summary: "a test", project: Self.key.verifyingKey, model: .tiny,
            strategy: Strategy(kind: .fedAvg, serverLearningRate: 1), mergeEvery: 2, lastVersion: 10,
            maximumStaleness: 0, quorum: 1,
            admission: admission, tokenizer: Digest(of: base), dataset: Digest(of: base), recipe: Digest(of: base),
            initialSeed: 1)
    }

    /// The updates that were submitted, in the order of the units.
    var updates: [[UInt8]] {
        state.withLock { state in
            state.submissions.sorted { $0.key < $1.key }.compactMap { state.updates[$0.value.update] }
        }
    }

    /// The hosts that joined, as they did.
    var hosts: [HostID: Joining] { state.withLock { $0.hosts } }
    var revocations: [HostRevocation] { state.withLock { $0.revocations } }
    var replacements: [KeyReplacement] { state.withLock { $0.replacements } }

    var submissions: [Submission] { state.withLock { $0.submissions.sorted { $0.key < $1.key }.map(\.value) } }

    /// Requests so far, this one included.
    func count() -> Int {
        state.withLock {
            $0.requests += 1
            return $0.requests
        }
    }

    func assignment(_ id: Int, host: HostID) -> Assignment {
        Assignment(
            id: id, project: Self.key.verifyingKey, host: host, unit: Digest(of: units[id]), unitBytes: units[id].count,
            base: versions[bases[id]].reference,
            deadline: Timestamp(milliseconds: 1 << 50), maximumUpdateBytes: 1 << 20)
    }

    @Sendable func answer(_ request: LoopbackServer.Request) throws -> LoopbackServer.Answer {
        let path = request.path.replacing("/api/v1/", with: "", maxReplacements: 1)
        switch (request.method, path) {
        case ("GET", "project"):
            return try .json(Signed(description, by: Self.key, context: ProjectDescription.signingContext))
        case ("POST", "hosts"):
            return try register(
                request.signed(HostRegistration.self, HostRegistration.signingContext, \.host).joining(under: admission)
            )
        case ("POST", "revocations"):
            let revocation = try request.signed(HostRevocation.self, HostRevocation.signingContext, \.volunteer)
            state.withLock { $0.revocations.append(revocation) }
            return .text("{}")
        case ("POST", "keys"):
            let replacement = try CanonicalJSON.decodeMessage(ConfirmedReplacement.self, from: request.body).verified()
            state.withLock { $0.replacements.append(replacement) }
            return .text("{}")
        case ("GET", "ledger/head"):
            let head = LedgerHead(project: Self.key.verifyingKey, count: 2, digest: ledger, root: ledger)
            return try .json(Signed(head, by: Self.key, context: LedgerHead.signingContext))
        case ("POST", "work"): return try work(for: request)
        case ("POST", "uploads"): return try announce(request)
        case ("POST", "submissions"): return try submit(request)
        case ("PATCH", _), ("HEAD", _): return upload(request)
        case ("GET", _) where path.hasPrefix("checkpoints/"):
            guard let version = Int(path.dropFirst(12)), versions.indices.contains(version) else { return .init(404) }
            let manifest = versions[version].manifest(previous: version > 0 ? versions[version - 1].reference : nil)
            return try .json(Signed(manifest, by: Self.key, context: CheckpointManifest.signingContext))
        default: return blob(path, request)
        }
    }

    private func register(_ joining: Joining) throws -> LoopbackServer.Answer {
        try state.withLock { state in
            guard state.hosts[joining.host] != nil || joining.admittance != .nothing else {
                return try .json(ErrorReply(code: "admission-required", message: "prove it"), status: 403)
            }
            state.hosts[joining.host] = joining
            return .text("{}")
        }
    }

    private func work(for request: LoopbackServer.Request) throws -> LoopbackServer.Answer {
        let host = try request.signed(WorkRequest.self, WorkRequest.signingContext, \.host).host
        let next = state.withLock { $0.hosts[host] != nil ? $0.submissions.count : nil }
        guard let next else { return try .json(ErrorReply(code: "not-found", message: "who are you?"), status: 404) }
        return try .json(work(next, for: host))
    }

    private func work(_ next: Int, for host: HostID) throws -> WorkReply {
        guard next < units.count else { return .finished }
        let assignment = assignment(next, host: host)
        return .assigned(try Signed(assignment, by: Self.key, context: Assignment.signingContext))
    }

    private func announce(_ request: LoopbackServer.Request) throws -> LoopbackServer.Answer {
        let announcement = try request.signed(UploadAnnouncement.self, UploadAnnouncement.signingContext, \.host)
        return try state.withLock { state in
            let bytes = state.uploads[announcement.update]?.bytes ?? []
            state.uploads[announcement.update] = (announcement, bytes)
            return try .json(
                UploadState(ticket: announcement.update, offset: bytes.count, length: announcement.bytes))
        }
    }

    private func upload(_ request: LoopbackServer.Request) -> LoopbackServer.Answer {
        state.withLock { state in
            guard let ticket = Digest(String(request.path.suffix(64))), var upload = state.uploads[ticket] else {
                return .init(404)
            }
            if request.method == "PATCH" {
                guard request.headers["upload-offset"] == "\(upload.bytes.count)" else {
                    return .init(409, headers: ["Upload-Offset": "\(upload.bytes.count)"])
                }
                upload.bytes += request.body
                state.uploads[ticket] = upload
            }
            let length = upload.announcement.bytes
            let told = UploadState(ticket: ticket, offset: upload.bytes.count, length: length)
            var answer = (try? LoopbackServer.Answer.json(told)) ?? .init(500)
            answer.headers = ["Upload-Offset": "\(upload.bytes.count)", "Upload-Length": "\(length)"]
            return answer
        }
    }

    private func submit(_ request: LoopbackServer.Request) throws -> LoopbackServer.Answer {
        let submission = try request.signed(Submission.self, Submission.signingContext, \.host)
        let delivery = try CanonicalJSON.decodeMessage(Delivery.self, from: request.body)
        return try state.withLock { state in
            let update = delivery.update ?? state.uploads[submission.update]?.bytes ?? []
            guard Digest(of: update) == submission.update else {
                return try .json(ErrorReply(code: "conflict", message: "nothing was uploaded"), status: 409)
            }
            let isNew = state.submissions.updateValue(submission, forKey: submission.assignment) == nil
            state.updates[submission.update] = update
            let reply = SubmissionReply(verdict: .accepted, height: state.submissions.count)
            let isTold = isNew && delivery.update != nil && delivery.asksForWork
            return try .json(
                DeliveryReply(
                    reply, work: isTold ? work(state.submissions.count, for: submission.host) : nil))
        }
    }

    private func blob(_ path: String, _ request: LoopbackServer.Request) -> LoopbackServer.Answer {
        let blobs = units + versions.map(\.weights) + versions.compactMap(\.step)
        guard let blob = blobs.first(where: { "blobs/\(Digest(of: $0))" == path }) else { return .init(404) }
        let range = request.headers["range"]?.replacing("bytes=", with: "").replacing("-", with: "")
        guard let start = range.flatMap({ Int($0) }) else { return .init(body: blob) }
        return .init(
            206, headers: ["Content-Range": "bytes \(start)-\(blob.count - 1)/\(blob.count)"],
            body: Array(blob[start...]))
    }
}

extension LoopbackServer.Request {
    /// The signed body, verified by the key that it names.
    fileprivate func signed<Body: Codable & Sendable>(
        _ type: Body.Type, _ context: String, _ host: (Body) -> HostID
    ) throws -> Body {
        let signed = try CanonicalJSON.decodeMessage(Signed<Body>.self, from: body)
        return try signed.verified(by: host(signed.unverified()), context: context)
    }
}

/// A version as a coordinator has it.
struct FakeVersion: Sendable {
    var number: Int
    var weights: [UInt8]
    /// The archive that leads here.
    var step: [UInt8]?

    var reference: CheckpointReference {
        CheckpointReference(version: number, weights: Digest(of: weights), bytes: weights.count)
    }

    /// The version after this one, by a step of chance.
    func next(parameters: Int, codec: UpdateCodec = .int8) throws -> FakeVersion {
        var random = SplitMix64(seed: UInt64(number))
        let step = try UpdateArchive.encode(
            CheckpointStep.manifest(
                from: reference.weights, parameterCount: parameters, codec: codec, tokens: 1),
            difference: random.floats(parameters, scale: 1e-3))
        var weights: [UInt8] = []
        try CheckpointStep.apply([UpdateArchive(step, maximumParameters: parameters)], to: self.weights) {
            weights += $0
        }
        return FakeVersion(number: number + 1, weights: weights, step: step)
    }

    func manifest(previous: CheckpointReference?) -> CheckpointManifest {
        CheckpointManifest(
            project: FakeCoordinator.key.verifyingKey, version: number, height: number, weights: reference,
            step: step.map { BlobReference(digest: Digest(of: $0), bytes: $0.count) }, previous: previous,
            model: .tiny, strategy: Strategy(kind: .fedAvg, stepCodec: .int8), tokenizer: .zero, dataset: .zero,
            contributions: [], metrics: Metrics(loss: 1, bitsPerByte: 1, tokenAccuracy: 0, tokens: 1, bytes: 1))
    }
}

/// A worker that writes at once what `update(for:)` says, or ends as it is told.
struct FakeWorker: UnitWorker {
    var end = WorkerEnd(exit: .finished, message: "")

    /// Of units of an even index too large to come with its submission.
    static func update(for unit: [UInt8]) -> [UInt8] {
        let isLarge = (try? WorkUnitArchive.decode(unit).unit.index.isMultiple(of: 2)) ?? false
        return Array(repeating: Array(Digest(of: unit).description.utf8), count: isLarge ? 1100 : 1).flatMap(\.self)
    }

    func train(slot: String, progress: @escaping @Sendable (TrainingProgress) -> Void) async throws -> WorkerEnd {
        let unit = Array(try Data(contentsOf: URL(filePath: slot + "/unit.caravan")))
        progress(TrainingProgress(step: 1, of: 1, loss: 1, tokensPerSecond: 1))
        if end.exit == .finished {
            try DurableFile.write(CanonicalJSON.encode(TrainingTrace()), to: slot + "/trace.json")
            try DurableFile.write(Self.update(for: unit), to: slot + "/update.caravan")
        }
        return end
    }
}

/// Time that passes only when somebody sleeps.
final class FakeClock: Sendable {
    private let time = Atomic<Int64>(1_000_000)

    @Sendable func now() -> Timestamp { Timestamp(milliseconds: time.load(ordering: .relaxed)) }

    @Sendable func sleep(_ time: Seconds) async {
        self.time.add(time.milliseconds, ordering: .relaxed)
        await Task.yield()
    }
}
