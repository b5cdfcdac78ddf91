import Coordination
import Federation
import WorkUnits

/// The coordinator's side: a batch, a transaction, answers; and crashes in between.
extension Simulation {
    /// A message of a host, or without one a result of the process itself, which is never lost on the way.
    mutating func receive(_ proposal: Proposal, from host: Int?) {
        guard host == nil || now >= downUntil else { return }
        inbox.append((host, proposal))
        if inbox.count == 1 { after(0.01...0.1, .transaction(life: life)) }
    }

    mutating func commitInbox() throws {
        let batch = inbox
        inbox = []
        let decision = try core.decide(batch.map(\.proposal), at: now, snapshotEvery: settings.snapshotEvery)
        try checkEveryEvent(batch.map(\.proposal), decision)
        if decision.batch.isEmpty {
            answer(batch, decision)
            return beginWhatIsDue()
        }
        commits += 1
        switch fate() {
        case .survives:
            try commit(decision)
            answer(batch, decision)
            beginWhatIsDue()
        case .crashesBefore: try restart(expecting: core)
        case .crashesAfter:
            try commit(decision)
            try restart(expecting: decision.core)
        }
    }

    private enum Fate {
        case survives, crashesBefore, crashesAfter
    }

    private mutating func fate() -> Fate {
        if let planned = settings.crashAt, planned.commit == commits {
            return planned.isDurable ? .crashesAfter : .crashesBefore
        }
        guard chance(settings.crashes) else { return .survives }
        return chance(0.5) ? .crashesBefore : .crashesAfter
    }

    private mutating func commit(_ decision: Decision) throws {
        try store.commit(decision.batch)
        core = decision.core
        for case .success(let effects) in decision.outcomes { try witness.see(effects) }
        try witness.compare(core.run)
    }

    /// Draws are no messages, and what was merged may not be due any more: what is to be done is asked for here.
    private mutating func beginWhatIsDue() {
        for case .replay(let replay) in core.run.outstanding where replaying.insert(replay.issue.index).inserted {
            after(5...60, .replayed(life: life, replay))
        }
        guard let merge = core.run.dueMerge, merge != merging else { return }
        merging = merge
        after(5...60, .merged(life: life, merge))
    }

    /// One event at a time: the invariants hold after each, a refused one changes nothing, a batch is no more than its
    /// events and draws.
    private func checkEveryEvent(_ proposals: [Proposal], _ decision: Decision) throws {
        var run = core.run
        for (proposal, outcome) in zip(proposals, decision.outcomes) {
            if proposal.manifest != nil { try draw(&run, decision) }
            // Another merge is due by now, which an event does not say.
            if case .failure = outcome, proposal.manifest != nil { continue }
            let before = run
            do {
                let effects = try run.apply(proposal.event, at: now)
                guard try outcome.get() == effects else {
                    throw BrokenPromise("a batch has other effects than its events")
                }
            } catch is Refused {
                guard run == before else { throw BrokenPromise("a refused event changed the run") }
            }
            try run.checkInvariants()
        }
        try draw(&run, decision)
        guard run == decision.core.run else { throw BrokenPromise("a batch is more than its events") }
    }

    /// What the core drew here, if it did.
    private func draw(_ run: inout TrainingRun, _ decision: Decision) throws {
        guard let record = decision.batch.journal.first(where: { $0.index == run.revision }) else { return }
        let event = try CanonicalJSON.decode(TrainingRun.Event.self, from: record.event)
        guard case .drawn = event else { return }
        _ = try run.apply(event, at: record.time)
        try run.checkInvariants()
    }

    /// The process is gone with all it knew; another one reads the store.
    private mutating func restart(expecting expected: CoordinatorCore) throws {
        crashes += 1
        life += 1
        listeners = [:]
        replaying = []
        merging = nil
        guard let stored = store.load() else { throw BrokenPromise("the store forgot the run") }
        core = try CoordinatorCore.recover(stored)
        guard core == expected else { throw BrokenPromise("the store gives back another run than was committed") }
        downUntil = now + Seconds(Double.random(in: 0...10, using: &random))
        for effect in core.run.outstanding { begin(effect) }
        beginWhatIsDue()
    }

    private mutating func answer(_ batch: [(host: Int?, proposal: Proposal)], _ decision: Decision) {
        for ((host, proposal), outcome) in zip(batch, decision.outcomes) {
            if let host, case .submitted(let submission) = proposal.event {
                listeners[submission.body.assignment] = host
            }
            switch outcome {
            case .failure(let refused):
                if let host { send(.reply(host: host, .refused(refused))) }
            case .success(let effects):
                if let host, case .joined = proposal.event { send(.reply(host: host, .registered)) }
                for effect in effects { act(on: effect, for: host) }
            }
        }
    }

    private mutating func act(on effect: TrainingRun.Effect, for host: Int?) {
        switch effect {
        case .assign, .wait, .finished:
            if let host { send(.reply(host: host, .work(effect))) }
        case .answer(let assignment, let reply):
            if let listener = listeners[assignment] {
                send(.reply(host: listener, .submission(assignment, reply)))
            }
            if reply.verdict != .inconclusive { listeners[assignment] = nil }
        case .judge, .merge, .replay: begin(effect)
        case .record: break
        }
    }

    /// Computations take their time, outside the transactions.
    private mutating func begin(_ effect: TrainingRun.Effect) {
        switch effect {
        case .judge(let judging): after(0.5...20, .judged(life: life, judging))
        case .assign, .wait, .finished, .answer, .record, .merge, .replay: break
        }
    }
}
