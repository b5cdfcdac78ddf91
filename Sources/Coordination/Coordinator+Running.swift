import Federation
import WorkUnits

/// What the coordinator does without being asked.
extension Coordinator {
    /// Ends leases, and does the judgements and merges that are due, until cancelled. Call it once.
    ///
    /// What fails, as with a full disk, is reported and tried again after a pause: making room is enough.
    public func run() async {
        wake.yield()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in self.wakeups { await self.settleIfDue() }
            }
            group.addTask { await self.prepareForMerges() }
            group.addTask {
                while !Task.isCancelled {
                    await self.passTimeOrReport()
                    try? await Task.sleep(for: .seconds(1))
                }
            }
        }
    }

    /// Lets what was accepted before the start be prepared for its merge, but for a merge that is due now.
    public func prepareForMerges() async {
        await services.prepare(Array(run.unmerged.dropFirst(run.dueMerge?.contributions.count ?? 0)))
    }

    /// `settle`, unless its last failure was a moment ago.
    public func settleIfDue() async {
        guard retry.isDue(at: now()) else { return }
        do {
            try await settle()
            retry = Retry()
        } catch is CancellationError {
            // Asked to stop: everything that was promised is stored.
        } catch {
            let pause = retry.fail(at: now())
            report("a judgement or merge failed and is tried again in \(Int(pause.count)) s: \(error)")
        }
    }

    /// Does every judgement that nobody is at and every merge that is due, one after the other, and removes old versions. Units
    /// are issued meanwhile.
    ///
    /// - Throws: what failed. A judgement or removal that fails does not keep the merges waiting.
    public func settle() async throws {
        var failure: (any Error)?
        for case .judge(let judging) in run.outstanding where judgements[judging.assignment] == nil {
            do {
                try await judge(judging.assignment)
            } catch {
                failure = error
            }
        }
        while true {
            do {
                try await removeOldVersions()
            } catch {
                failure = error
            }
            guard let merge = run.dueMerge else { break }
            let previous = try await checkpoint(version: merge.start.version).known()
            let manifest = try await services.merge(merge, state: previous.state)
            do {
                _ = try await propose(try Proposal(merged: manifest, by: merge))
            } catch let refusal as Refusal where refusal.code == .conflict {
                // Meanwhile a host was convicted, or for the last version an audit begun: another merge is due, or none.
            }
        }
        startReplay()
        if let failure { throw failure }
    }

    /// Begins to train a unit again that is disputed, or that no host came to audit, unless one is being trained.
    private func startReplay() {
        guard replay == nil, replayRetry.isDue(at: now()) else { return }
        for case .replay(let next) in run.outstanding {
            replay = Task {
                do {
                    let replayed = try await services.replay(next)
                    _ = try await propose(Proposal(next, replayed))
                    replayRetry = Retry()
                } catch let refusal as Refusal where refusal.code == .conflict {
                    // The rules have their answer already.
                } catch {
                    let pause = replayRetry.fail(at: now())
                    report(
                        "unit \(next.issue.index) could not be trained again, and is tried once more in "
                            + "\(Int(pause.count)) s: \(error)")
                }
                replay = nil
                wake.yield()
            }
            return
        }
    }

    /// Returns when the replay that was begun has ended.
    public func awaitReplay() async { await replay?.value }

    /// Ends the leases whose deadline has come, forgets uploads that nobody needs, and wakes what waits for its turn.
    public func passTime() async throws {
        if !run.outstanding.isEmpty { wake.yield() }
        _ = try await propose(Proposal(.timePassed))
        try removeEndedUploads()
    }

    /// A failure to store was reported where it happened; one to remove is tried again with the next second.
    private func passTimeOrReport() async {
        do {
            try await passTime()
        } catch is Refusal {
        } catch {
            report("uploads could not be removed: \(error)")
        }
    }
}

/// When to try again what failed: after a pause that doubles with each failure, from 5 s to 5 min.
struct Retry {
    private var due = Timestamp(milliseconds: .min)
    private var pause = Seconds(5)

    static let longestPause = 300.0

    func isDue(at now: Timestamp) -> Bool { now >= due }

    /// - Returns: the pause before the next try.
    mutating func fail(at now: Timestamp) -> Seconds {
        defer { pause = Seconds(min(2 * pause.count, Self.longestPause)) }
        due = now + pause
        return pause
    }
}
