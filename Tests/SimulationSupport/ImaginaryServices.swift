import Coordination
import Federation
import Synchronization
import WorkUnits

/// The imaginary project's computations, for a `Coordinator`. Counts what it was asked for.
public final class ImaginaryServices: RunServices {
    private struct State {
        var judged = 0
        var merged: [Int] = []
        var prepared: [Int] = []
        var failures = 0
        var reason: String?
        var suspicion: Suspicion?
        var meanwhile: (@Sendable () async throws -> Void)?
    }

    private let project: ImaginaryProject
    private let blobs: any BlobStore
    private let state = Mutex(State())

    public init(_ project: ImaginaryProject, blobs: any BlobStore) {
        self.project = project
        self.blobs = blobs
    }

    /// Judgements begun.
    public var judged: Int { state.withLock(\.judged) }
    /// Versions whose merge was begun.
    public var merged: [Int] { state.withLock(\.merged) }

    /// Units that were to be prepared for their merge.
    public var prepared: [Int] { state.withLock(\.prepared) }

    /// Why garbage is rejected, when not for the imaginary project's own reason.
    public var reason: String? {
        get { state.withLock(\.reason) }
        set { state.withLock { $0.reason = newValue } }
    }

    /// Happens once, while the next update is judged.
    public func meanwhile(_ body: @escaping @Sendable () async throws -> Void) {
        state.withLock { $0.meanwhile = body }
    }

    /// What is suspicious about sound updates.
    public var suspicion: Suspicion? {
        get { state.withLock(\.suspicion) }
        set { state.withLock { $0.suspicion = newValue } }
    }

    /// Lets the next judgements or merges fail, as with a failing disk.
    public func failNext(_ count: Int) {
        state.withLock { $0.failures = count }
    }

    public func archive(of unit: IssuedUnit) async throws -> BlobReference {
        let archive = ImaginaryProject.archive(of: unit)
        return BlobReference(digest: try blobs.store(archive), bytes: archive.count)
    }

    public func judge(
        _ update: any RandomAccessBytes, of unit: Digest, base: CheckpointReference, trace: TrainingTrace,
        others: [SoundAnswer]
    ) async throws -> Judgement {
        let meanwhile = state.withLock { state in
            state.judged += 1
            defer { state.meanwhile = nil }
            return state.meanwhile
        }
        try await meanwhile?()
        try failIfAsked()
        let verdict = ImaginaryProject.verdict(on: Digest(of: try update.read(update.count, at: 0)), of: unit)
        guard verdict != .accepted, let reason else {
            // However sound ones drift, they are near each other.
            return Judgement(verdict, content: others.first?.content, suspicion: suspicion)
        }
        return Judgement(.rejected(reason: reason))
    }

    public func replay(_ replay: Replay) async throws -> Replayed {
        try failIfAsked()
        return ImaginaryProject.replayed(replay)
    }

    public func merge(_ merge: Merge, state: OuterState?) async throws -> Signed<CheckpointManifest> {
        self.state.withLock { $0.merged.append(merge.version) }
        try failIfAsked()
        guard state == ImaginaryProject.state(of: merge.previous.version) else {
            throw UnreadableBytes(reason: "this is not what version \(merge.previous.version) carries")
        }
        for blob in [
            ImaginaryProject.step(to: merge.version), ImaginaryProject.momentum(of: merge.version),
            ImaginaryProject.weights(after: merge),
        ] { try blobs.store(blob) }
        return try project.merge(merge)
    }

    public func prepare(_ contributions: [Contribution]) async {
        state.withLock { $0.prepared += contributions.map(\.index) }
    }

    private func failIfAsked() throws {
        try state.withLock { state in
            guard state.failures > 0 else { return }
            state.failures -= 1
            throw UnreadableBytes(reason: "a failure that a test asked for")
        }
    }
}
