import WorkUnits

/// What a volunteer's computer does next. Decides only: `VolunteerAgent` does it and tells what came of it.
///
///     unregistered ─▶ idle ─▶ fetching ─▶ training ─▶ uploading ─▶ submitting ─▶ idle …
///
/// Persisted after every event and before the next action, so that a crash at any moment repeats at most one action;
/// every action may be repeated.
public struct VolunteerState: Codable, Hashable, Sendable {
    public private(set) var phase = Phase.unregistered
    public private(set) var tally = Tally()
    /// Until when nothing is done, and why.
    public private(set) var pause: Pause?
    private var backoff: Backoff

    /// - Parameter seed: draws the lengths of pauses, so that a crowd that lost its server does not come back at once.
    public init(seed: UInt64) {
        backoff = Backoff(seed: seed)
    }

    public enum Phase: Codable, Hashable, Sendable {
        /// The server does not know this host yet, or may have forgotten it.
        case unregistered
        case idle
        case fetching(Lease)
        case training(Lease)
        case uploading(Lease, FileDigest)
        case submitting(Lease, FileDigest)
        /// The run has reached its last version.
        case finished
    }

    /// An assignment, and when the coordinator last said that it is ours.
    public struct Lease: Codable, Hashable, Sendable {
        public var assignment: Assignment
        public var confirmed: Timestamp

        /// Whether to ask again before more is computed. The coordinator has the last word, whatever our clock says.
        func isDoubtful(at now: Timestamp) -> Bool {
            now > assignment.deadline && confirmed <= assignment.deadline
        }
    }

    public struct Pause: Codable, Hashable, Sendable {
        public var until: Timestamp
        public var reason: String
    }

    /// What came of the units so far.
    public struct Tally: Codable, Hashable, Sendable {
        public var accepted = 0
        /// Sound, and not counted: see `Verdict.uncounted`.
        public var uncounted = 0
        /// Wait for other hosts' results.
        public var inconclusive = 0
        public var rejected = 0
        /// Given up before they were judged: expired, or impossible to compute.
        public var dropped = 0

        public init(accepted: Int = 0, uncounted: Int = 0, inconclusive: Int = 0, rejected: Int = 0, dropped: Int = 0) {
            self.accepted = accepted
            self.uncounted = uncounted
            self.inconclusive = inconclusive
            self.rejected = rejected
            self.dropped = dropped
        }
    }

    public enum Action: Hashable, Sendable {
        case wait(Pause)
        case register
        case requestWork
        case fetch(Assignment)
        /// - Parameter until: when to stop and ask whether the unit is still wanted; nil: not at all.
        case train(Assignment, until: Timestamp?)
        case upload(Assignment, FileDigest)
        case submit(Assignment, FileDigest)
    }

    /// The assignment that is held.
    public var lease: Lease? {
        switch phase {
        case .fetching(let lease), .training(let lease), .uploading(let lease, _), .submitting(let lease, _): lease
        case .unregistered, .idle, .finished: nil
        }
    }

    public func next(at now: Timestamp) -> Action {
        // A pause longer than any we make means that the clock was set back.
        if let pause, now < pause.until, pause.until <= now + Backoff.longestPause { return .wait(pause) }
        switch phase {
        case .unregistered: return .register
        case .idle, .finished: return .requestWork
        case .fetching(let lease), .training(let lease):
            if lease.isDoubtful(at: now) { return .requestWork }
            if case .fetching = phase { return .fetch(lease.assignment) }
            let deadline = lease.assignment.deadline
            return .train(lease.assignment, until: lease.confirmed <= deadline ? deadline : nil)
        case .uploading(let lease, let update): return .upload(lease.assignment, update)
        case .submitting(let lease, let update): return .submit(lease.assignment, update)
        }
    }
}

extension VolunteerState {
    /// What came of an action.
    public indirect enum Event: Hashable, Sendable {
        /// The client was started: who starts it wants it to try now.
        case started
        case registered
        case assigned(Assignment)
        case toldToWait(Seconds, reason: String)
        case runFinished
        case fetched
        /// The training stopped at the deadline; its state is saved.
        case suspended
        case trained(FileDigest)
        case uploaded
        /// - Parameter next: what the server said of more work along with it; nil for nothing.
        case judged(Verdict, next: Event? = nil)
        case failed(Setback)
    }

    /// Why an action did not succeed, and what follows.
    public struct Setback: Hashable, Sendable {
        public enum Consequence: Hashable, Sendable {
            case tryAgain
            /// The files that were fetched are damaged.
            case fetchAgain
            /// The server does not know this host.
            case registerAgain
            /// The server does not have the update any more.
            case uploadAgain
            /// The assignment will never come to anything.
            case drop
        }

        public var consequence: Consequence
        public var reason: String
        /// How long the server asks to be left alone.
        public var retryAfter: Seconds?

        public init(_ consequence: Consequence, _ reason: String, retryAfter: Seconds? = nil) {
            self.consequence = consequence
            self.reason = reason
            self.retryAfter = retryAfter
        }
    }

    public mutating func apply(_ event: Event, at now: Timestamp) {
        pause = nil
        if case .failed(let setback) = event { return fail(setback, at: now) }
        backoff.succeed()
        switch (phase, event) {
        case (.idle, .started), (.finished, .started): phase = .unregistered
        case (_, .started): break
        case (.unregistered, .registered): phase = .idle
        case (_, .assigned(let assignment)): hold(assignment, at: now)
        case (_, .toldToWait(let time, let reason)):
            release()
            phase = .idle
            pause = Pause(until: now + backoff.honour(time), reason: reason)
        case (_, .runFinished):
            release()
            phase = .finished
            pause = Pause(until: now + Backoff.cap, reason: "the run is finished")
        case (.fetching(let lease), .fetched): phase = .training(lease)
        case (.training, .suspended): break
        case (.training(let lease), .trained(let update)): finish(lease, update, at: now)
        case (.uploading(let lease, let update), .uploaded): phase = .submitting(lease, update)
        case (.submitting, .judged(let verdict, let next)):
            judge(verdict, at: now)
            if let next, pause == nil { apply(next, at: now) }
        default: preconditionFailure("\(event) cannot follow \(phase)")
        }
    }

    private mutating func hold(_ assignment: Assignment, at now: Timestamp) {
        let confirmed = Lease(assignment: assignment, confirmed: now)
        switch phase {
        case .training(let lease) where lease.assignment.unit == assignment.unit: phase = .training(confirmed)
        case .fetching(let lease) where lease.assignment.unit == assignment.unit: phase = .fetching(confirmed)
        default:
            release()
            phase = .fetching(confirmed)
        }
    }

    /// Counts the assignment that is held, if any, as given up.
    private mutating func release() {
        if lease != nil { tally.dropped += 1 }
    }

    private mutating func finish(_ lease: Lease, _ update: FileDigest, at now: Timestamp) {
        let limit = lease.assignment.maximumUpdateBytes
        guard update.bytes <= limit else {
            return fail(Setback(.drop, "the update has \(update.bytes) bytes, and \(limit) are allowed"), at: now)
        }
        phase = .uploading(lease, update)
    }

    private mutating func judge(_ verdict: Verdict, at now: Timestamp) {
        phase = .idle
        switch verdict {
        case .accepted:
            tally.accepted += 1
            backoff.complete()
        case .uncounted:
            tally.uncounted += 1
            backoff.complete()
        case .inconclusive:
            tally.inconclusive += 1
            backoff.complete()
        case .rejected(let reason):
            tally.rejected += 1
            pause = Pause(until: now + backoff.drop(), reason: "the last update was rejected: \(reason)")
        }
    }

    private mutating func fail(_ setback: Setback, at now: Timestamp) {
        let delay: Seconds
        if setback.consequence == .drop, lease != nil {
            release()
            phase = .idle
            delay = backoff.drop()
        } else {
            delay = backoff.fail(retryAfter: setback.retryAfter)
        }
        switch (setback.consequence, phase) {
        case (.fetchAgain, .training(let lease)): phase = .fetching(lease)
        case (.uploadAgain, .submitting(let lease, let update)): phase = .uploading(lease, update)
        case (.registerAgain, .idle), (.registerAgain, .finished): phase = .unregistered
        default: break
        }
        pause = Pause(until: now + delay, reason: setback.reason)
    }
}
