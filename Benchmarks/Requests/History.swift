import Coordination
import Federation
import Foundation
import Hosting
import Store
import WorkUnits

/// Hosts and units that a project had before it is measured, written as a coordinator writes them: events through the rules,
/// ledger and manifests signed, in transactions of a thousand.
///
/// Not as they would be: hosts that only registered have names without a key; all submissions have the signature of one of
/// them; every blob of a unit is 100 bytes. Nobody verifies them while requests are measured.
struct History {
    private let store: SQLiteStore
    private let blobs: BlobDirectory
    private let key: SigningKey
    private let policy: RunPolicy
    private var core: CoordinatorCore
    private let now = SystemClock.now()

    private static let batch = 1000

    /// - Parameter folder: of a server that was started once and is stopped.
    init(folder: String, policy: RunPolicy) async throws {
        let data = try DataFolder(path: folder)
        store = try SQLiteStore(in: data)
        blobs = try BlobDirectory(in: data, small: store)
        key = try ProjectFolder(path: folder).signingKey()
        self.policy = policy
        guard let stored = try await store.load() else { throw RequestsFailure("\(folder) has no project") }
        core = try CoordinatorCore.recover(stored)
    }

    mutating func register(_ hosts: [HostID]) async throws {
        for start in stride(from: 0, to: hosts.count, by: Self.batch) {
            try await commit(
                hosts[start..<min(start + Self.batch, hosts.count)].map { Proposal(.joined(Joining(host: $0))) })
        }
    }

    /// Lets hosts answer so many units, and publishes the versions that are due for them. The newest has the weights of version 0;
    /// those of the others are gone, as a server keeps few.
    mutating func complete(units: Int, by hosts: [SigningKey]) async throws {
        guard units > 0, let example = hosts.first else { return }
        try await register(hosts.map(\.verifyingKey))
        let signature = example.sign([], context: Submission.signingContext)
        let until = core.run.height + units
        while core.run.height < until {
            let count = min(hosts.count, Self.batch / 2, policy.mergeEvery - core.run.height % policy.mergeEvery)
            let requests = hosts[..<count].map { Proposal(.workRequested($0.verifyingKey)) }
            let leases = try await commit(requests).compactMap { effects in
                if case .assign(let lease) = effects.last { lease } else { nil }
            }
            try await commit(leases.flatMap { try answer($0, signature) })
            if let merge = core.run.dueMerge {
                try await publish(merge, isNewest: core.run.height + policy.mergeEvery > until)
            }
        }
    }

    private func answer(_ lease: Lease, _ signature: Signature) throws -> [Proposal] {
        func blob(_ name: String) -> [UInt8] {
            let text = Array("\(name) of unit \(lease.unit.index) of \(key.verifyingKey)".utf8)
            return text + Array(repeating: 0, count: 100 - text.count)
        }
        let body = Submission(
            project: key.verifyingKey, assignment: lease.assignment, host: lease.host,
            unit: try blobs.hold(blob("archive")), update: try blobs.hold(blob("update")))
        return [
            Proposal(.submitted(SignedSubmission(body, signature: signature))),
            Proposal(.judged(lease.assignment, .accepted)),
        ]
    }

    private mutating func publish(_ merge: Merge, isNewest: Bool) async throws {
        guard let before = try await store.checkpoint(version: 0) else {
            throw RequestsFailure("there is no version 0")
        }
        var manifest = try before.unverified()
        manifest.version = merge.version
        manifest.height = merge.height
        manifest.weights.version = merge.version
        if !isNewest { manifest.weights.weights = Digest(of: "weights of version \(merge.version)".utf8) }
        manifest.previous = merge.previous
        manifest.contributions = merge.contributions
        try await commit([
            Proposal(merged: Signed(manifest, by: key, context: CheckpointManifest.signingContext), by: merge)
        ])
    }

    @discardableResult
    private mutating func commit(_ proposals: [Proposal]) async throws -> [[TrainingRun.Effect]] {
        let advance = try core.advance(proposals, at: now)
        try await store.commit(advance.batch)
        return try advance.outcomes.map { try $0.get() }
    }
}
