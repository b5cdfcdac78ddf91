import Foundation
import Transport
import WorkUnits

/// Does what `VolunteerState` decides: talks to the server, keeps the files, runs the worker.
///
/// Every action can be repeated, so the state is saved before each and a crash in between costs nothing but the action.
public struct VolunteerAgent: Sendable {
    let folder: ClientFolder
    let lock: FolderLock
    let joined: JoinedProject
    let key: SigningKey
    let client: CoordinatorClient
    let worker: any UnitWorker
    let now: @Sendable () -> Timestamp
    let sleep: @Sendable (Seconds) async -> Void
    let report: @Sendable (VolunteerReport) -> Void

    /// When `run` returns by itself.
    public enum Goal: Hashable, Sendable {
        case forever
        /// The run has reached its last version.
        case finishedRun
        /// One unit was judged or given up.
        case oneUnit
    }

    /// Takes over a joined folder; no other client can use it meanwhile.
    ///
    /// - Parameter sleep: waits between actions; returns early when the task is cancelled.
    public init(
        folder: ClientFolder, worker: any UnitWorker, transport: HTTPTransport = HTTPTransport(),
        now: @escaping @Sendable () -> Timestamp = SystemClock.now,
        sleep: @escaping @Sendable (Seconds) async -> Void = { try? await Task.sleep(for: .seconds($0.count)) },
        report: @escaping @Sendable (VolunteerReport) -> Void = { _ in }
    ) throws {
        joined = try folder.joined()
        try folder.create()
        lock = try folder.lock()
        key = try folder.key()
        client = try CoordinatorClient(url: joined.url, transport: transport)
        self.folder = folder
        self.worker = worker
        self.now = now
        self.sleep = sleep
        self.report = report
    }

    var host: HostID { key.verifyingKey }

    /// Works until the goal is reached or the task is cancelled, which lets the worker save its state first.
    public func run(until goal: Goal = .forever) async throws {
        var state = try folder.state() ?? VolunteerState(seed: host.seed)
        state.apply(.started, at: now())
        report(.started(joined, host))
        while !Task.isCancelled {
            try folder.save(state)
            let before = state
            guard let event = try await perform(state.next(at: now()), goal) else { continue }
            state.apply(event, at: now())
            if let pause = state.pause { report(.pausing(pause, after: event)) }
            if isReached(goal, before, state) { break }
        }
        try folder.save(state)
    }

    private func isReached(_ goal: Goal, _ before: VolunteerState, _ after: VolunteerState) -> Bool {
        switch goal {
        case .forever: false
        case .finishedRun: after.phase == .finished
        case .oneUnit: after.phase == .finished || after.tally != before.tally
        }
    }

    /// - Returns: what came of the action; nil for nothing, because it was a pause or was cancelled.
    private func perform(_ action: VolunteerState.Action, _ goal: Goal) async throws -> VolunteerState.Event? {
        do {
            switch action {
            case .wait(let pause):
                // Looks at the clock now and then, because a computer that slept does not count the time.
                let rest = pause.until.milliseconds - now().milliseconds
                await sleep(Seconds(min(max(Double(rest), 1) / 1000, 60)))
                return nil
            case .register: return try await register()
            case .requestWork: return try await requestWork()
            case .fetch(let assignment): return try await fetch(assignment)
            case .train(let assignment, let deadline): return try await train(assignment, until: deadline)
            case .upload(let assignment, let update): return try await upload(update, for: assignment)
            case .submit(let assignment, let update):
                return try await submit(update, for: assignment, asksForWork: goal != .oneUnit)
            }
        } catch TransportFailure.cancelled {
            return nil
        } catch let failure as TransportFailure {
            return .failed(failure.setback(during: action))
        } catch let failure as FileFailure {
            return .failed(.init(.tryAgain, failure.description))
        } catch let failure as UnreadableBytes {
            return .failed(.init(.tryAgain, failure.description))
        } catch let failure as UntrustedDocument {
            return .failed(.init(.tryAgain, "\(client.url): \(failure)"))
        }
    }
}

extension TransportFailure {
    /// What a failure means for the assignment.
    func setback(during action: VolunteerState.Action) -> VolunteerState.Setback {
        var consequence = VolunteerState.Setback.Consequence.tryAgain
        var retryAfter: Seconds?
        if case .refused(let refused) = self {
            retryAfter = refused.retryAfter
            switch (action, refused.status) {
            // The server was restored from an older state: it asks who we are.
            case (.requestWork, 401), (.requestWork, 404): consequence = .registerAgain
            // An upload that the server has forgotten begins again.
            case (.upload, 404): break
            case (.submit, 404): consequence = .uploadAgain
            case (.fetch, 400..<500), (.upload, 400..<500), (.submit, 400..<500):
                if !isTemporary { consequence = .drop }
            default: break
            }
        }
        return .init(consequence, description, retryAfter: retryAfter)
    }
}

extension HostID {
    /// Draws the host's waiting times: other hosts draw others, so a crowd that was turned away comes back spread out.
    fileprivate var seed: UInt64 { bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }
}
