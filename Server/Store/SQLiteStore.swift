import Coordination
import Federation
import Foundation
import GRDB
import Ledger
import Synchronization
import WorkUnits

/// The coordinator's memory in one SQLite database: the journal and newest snapshot, the ledger, the checkpoints.
///
/// Write-ahead log with `synchronous = FULL`: what `commit` has returned survives a power cut, and readers never wait for
/// the writer (https://www.sqlite.org/wal.html).
public final class SQLiteStore: CoordinatorStore {
    private let folder: DataFolder
    let path: String
    let database: DatabasePool
    let held = Mutex(HeldBlobs())

    /// Opens the database of the folder, or makes an empty one.
    /// - Throws: `StoreFailure`, or `Refusal` when the disk is full.
    public convenience init(in folder: DataFolder) throws {
        try self.init(in: folder, maximumPages: nil)
    }

    /// With the most pages that the file may have: more is a full disk.
    package init(in folder: DataFolder, maximumPages: Int?) throws {
        let path = "\(folder.path)/coordinator.sqlite"
        self.folder = folder
        self.path = path
        database = try Self.explaining(path) {
            // A new file is its owner's; SQLite gives its other files the same permissions.
            _ = try StoreFailure.explaining { try DurableFile(path: path, permissions: 0o600) }
            try Self.refuseNewer(path)
            var configuration = Configuration()
            configuration.busyMode = .timeout(10)
            // Of a new database: a batch of some dozen contributions fills a few such pages, and each page that it touches is
            // written twice. A tenth more requests a second than with 4096.
            configuration.prepareDatabase { try $0.execute(sql: "PRAGMA page_size = 16384") }
            let database = try DatabasePool(path: path, configuration: configuration)
            try Schema.migrator.migrate(database)
            try database.writeWithoutTransaction { connection in
                try connection.execute(sql: "PRAGMA synchronous = FULL")
                // KiB: the pages that a transaction changes, with the way to them.
                try connection.execute(sql: "PRAGMA cache_size = -65536")
                if let maximumPages { try connection.execute(sql: "PRAGMA max_page_count = \(maximumPages)") }
            }
            return database
        }
    }

    /// Looks without writing: opening a pool would already change the file.
    private static func refuseNewer(_ path: String) throws {
        var configuration = Configuration()
        configuration.readonly = true
        let database = try DatabaseQueue(path: path, configuration: configuration)
        guard try !database.read(Schema.migrator.hasBeenSuperseded) else { throw StoreFailure.newer(path: path) }
    }

    public func load() async throws -> StoredRun? {
        try await read { [path] connection in
            guard let snapshot = try Row.fetchOne(connection, sql: "SELECT count, run FROM snapshot") else {
                return StoredRun?.none
            }
            let count: Int = snapshot["count"]
            let journal = try Row.fetchAll(
                connection, sql: "SELECT number, time, event FROM journal WHERE number >= ? ORDER BY number",
                arguments: [count]
            ).map {
                JournalRecord(
                    index: $0["number"], time: Timestamp(milliseconds: $0["time"]),
                    event: Array(($0["event"] as String).utf8))
            }
            guard journal.map(\.index) == Array(count..<count + journal.count) else {
                throw StoreFailure.damaged(path: path, reason: "events are missing from the journal")
            }
            var hosts: [HostID: KnownHost] = [:]
            let lines = try Row.fetchCursor(connection, sql: "SELECT name, line FROM host")
            while let line = try lines.next() {
                guard let host = HostID(bytes: [UInt8](line["name"] as Data)) else {
                    throw StoreFailure.damaged(path: path, reason: "a host has an impossible name")
                }
                hosts[host] = try CanonicalJSON.decode(KnownHost.self, from: Array((line["line"] as String).utf8))
            }
            let last = try Row.fetchOne(
                connection, sql: "SELECT number, digest FROM ledger ORDER BY number DESC LIMIT 1")
            guard let last, let head = Digest(last["digest"] as String) else {
                throw StoreFailure.damaged(path: path, reason: "there is no ledger")
            }
            let entries: Int = last["number"] + 1
            let subtrees = try MerkleTree.subtrees(of: 0..<entries).map { try Self.hash(of: $0, in: connection) }
            return StoredRun(
                snapshot: Array((snapshot["run"] as String).utf8), snapshotCount: count, hosts: hosts, journal: journal,
                ledger: LedgerChain(head: head, edge: MerkleEdge(count: entries, subtrees: subtrees)))
        }
    }

    /// Cannot be cancelled half-way: the caller has to know whether the batch counts.
    public func commit(_ batch: StoreBatch) async throws {
        let blobs = held.withLock(\.waiting)
        try await withCheckedThrowingContinuation { continuation in
            database.asyncWrite {
                try Self.write(blobs, to: $0)
                try Self.write(batch, to: $0)
            } completion: { [path] _, result in
                continuation.resume(with: Result { try Self.explaining(path) { try result.get() } })
            }
        }
        held.withLock { $0.remember(blobs) }
    }

    public func ledgerEntries(from: Int, limit: Int) async throws -> [String] {
        try await read { connection in
            try String.fetchAll(
                connection, sql: "SELECT entry FROM ledger WHERE number >= ? ORDER BY number LIMIT ?",
                arguments: [from, max(0, limit)])
        }
    }

    public func ledgerHashes(of subtrees: [MerkleTree.Subtree]) async throws -> [Digest] {
        try await read { connection in try subtrees.map { try Self.hash(of: $0, in: connection) } }
    }

    private static func hash(of subtree: MerkleTree.Subtree, in connection: Database) throws -> Digest {
        let hash = try subtree.hash { numbers in
            try String.fetchAll(
                connection, sql: "SELECT digest FROM ledger WHERE number >= ? AND number < ? ORDER BY number",
                arguments: [numbers.lowerBound, numbers.upperBound]
            ).compactMap { Digest($0) }
        } hashes: { level, numbers in
            try Data.fetchAll(
                connection, sql: "SELECT hash FROM tree WHERE level = ? AND number >= ? AND number < ? ORDER BY number",
                arguments: [level, numbers.lowerBound, numbers.upperBound]
            ).compactMap { Digest(bytes: [UInt8]($0)) }
        }
        guard let hash else { throw MissingHash(subtree) }
        return hash
    }

    public func ledgerDigest(of entry: Int) async throws -> Digest? {
        try await read { connection in
            try String.fetchOne(connection, sql: "SELECT digest FROM ledger WHERE number = ?", arguments: [entry])
                .flatMap { Digest($0) }
        }
    }

    public func checkpoint(version: Int) async throws -> Signed<CheckpointManifest>? {
        try await read { connection in
            try String.fetchOne(
                connection, sql: "SELECT manifest FROM checkpoint WHERE version = ?", arguments: [version]
            )
            .map { try CanonicalJSON.decodeMessage(Signed<CheckpointManifest>.self, from: Array($0.utf8)) }
        }
    }

    public func checkpoints() async throws -> [CheckpointSummary] {
        try await read { connection in
            try String.fetchAll(connection, sql: "SELECT summary FROM checkpoint ORDER BY version")
                .map { try CanonicalJSON.decode(CheckpointSummary.self, from: Array($0.utf8)) }
        }
    }

    private func read<Value: Sendable>(_ value: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await database.read(value)
        } catch {
            throw Self.explanation(of: error, path)
        }
    }
}

// MARK: What the database's errors mean

extension SQLiteStore {
    static func explaining<Value>(_ path: String, _ action: () throws -> Value) throws -> Value {
        do {
            return try action()
        } catch {
            throw explanation(of: error, path)
        }
    }

    private static func explanation(of error: any Error, _ path: String) -> any Error {
        guard let error = error as? DatabaseError else { return error }
        return switch error.resultCode {
        case .SQLITE_FULL: StoreFailure.fullDisk
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            StoreFailure.refused(operation: "write", path: path, reason: "another program has locked it")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            StoreFailure.damaged(path: path, reason: error.message ?? "not a database")
        default: StoreFailure.refused(operation: "use", path: path, reason: error.message ?? "\(error.resultCode)")
        }
    }
}
