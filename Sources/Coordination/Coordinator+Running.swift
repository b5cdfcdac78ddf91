import Federation
import WorkUnits

/// What the coordinator does without being asked.
extension Coordinator {
    /// Ends leases, and does the judgements and merges that are due, until cancelled. Call it once.
    ///
    /// - Throws: what a merge or the store failed with. Nothing is lost: the next start begins with what is outstanding.
    public func run() async throws {
        wake.yield()
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await _ in self.wakeups { try await self.settle() }
                }
                group.addTask {
                    while true {
                        try await self.passTime()
                        try await Task.sleep(for: .seconds(1))
                    }
                }
                defer { group.cancelAll() }
                try await group.next()
            }
        } catch is CancellationError {
            // Asked to stop: everything that was promised is stored.
        }
    }

    /// Does every judgement and merge that is due, one merge after the other. Units are issued meanwhile.
    public func settle() async throws {
        await judgeOutstanding()
        while let merge = run.dueMerge {
            let manifest = try await services.merge(merge)
            _ = try await propose(try Proposal(merged: manifest))
        }
    }

    /// Submissions whose judgement was interrupted. One that cannot be judged now is tried again later.
    private func judgeOutstanding() async {
        for case .judge(let judging) in run.outstanding { try? await judge(judging.assignment) }
    }

    /// Ends the leases whose deadline has come, and forgets uploads that were abandoned.
    public func passTime() async throws {
        _ = try await propose(Proposal(.timePassed))
        await judgeOutstanding()
        try blobs.removeUploads(begunBefore: now() + Seconds(-2 * policy.lease.count))
    }
}
