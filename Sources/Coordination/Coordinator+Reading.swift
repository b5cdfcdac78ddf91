import Federation
import Ledger
import WorkUnits

/// What anyone may read.
extension Coordinator {
    /// Most ledger entries in one page.
    static let pageLimit = 1000

    public nonisolated func project() -> Signed<ProjectDescription> { description }

    /// Up to `limit` entries, at most 1000, beginning with entry `from`; empty at the end of the ledger.
    public func ledgerPage(from: Int, limit: Int) async throws -> LedgerPage {
        guard from >= 0, limit > 0 else { throw Refusal(.malformed, "from is at least 0, limit at least 1") }
        guard from <= published.ledger.count else {
            throw Refusal(.notFound, "the ledger has \(published.ledger.count) entries")
        }
        let head = try ledgerHead()
        let entries = try await reading {
            try await store.ledgerEntries(
                from: from, limit: min(limit, Self.pageLimit, max(1, published.ledger.count - from)))
        }
        return LedgerPage(from: from, entries: entries, head: head)
    }

    public func ledgerHead() throws -> Signed<LedgerHead> {
        try published.ledger.signedHead(by: key)
    }

    /// The signed manifest of a version; the newest without one.
    public func checkpoint(version: Int?) async throws -> Signed<CheckpointManifest> {
        let version = version ?? published.version
        guard let manifest = try await reading({ try await store.checkpoint(version: version) }) else {
            throw Refusal(.notFound, "there is no version \(version): the newest is \(published.version)")
        }
        return manifest
    }

    public func checkpoints() async throws -> [CheckpointSummary] {
        try await reading { try await store.checkpoints() }
    }

    public func status() async throws -> ServerStatus {
        let checkpoints = try await checkpoints()
        let body = try description.unverified()
        return ServerStatus(
            name: body.name, project: projectID, version: published.version, lastVersion: policy.lastVersion,
            height: published.height,
            mergeEvery: policy.mergeEvery, hosts: published.hosts, openAssignments: published.openAssignments,
            issued: published.counts.issued, rejected: published.counts.rejected,
            expired: published.counts.expired, suspicious: published.counts.suspicious,
            bytesDown: bytesDown, bytesUp: bytesUp, checkpoints: checkpoints, finished: published.isFinished)
    }

    func reading<Result: Sendable>(
        _ body: () async throws -> Result
    ) async throws(Refusal) -> Result {
        do {
            return try await body()
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw refusal(for: error, "the store cannot be read now")
        }
    }
}
