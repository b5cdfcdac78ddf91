import Coordination
import GRDB
import WorkUnits

extension SQLiteStore {
    /// Writes a batch, inside the caller's transaction.
    static func write(_ batch: StoreBatch, to connection: Database) throws {
        try append(batch.journal, to: connection)
        if let snapshot = batch.snapshot { try replaceSnapshot(snapshot.bytes, count: snapshot.count, in: connection) }
        try append(batch.ledgerEntries, from: batch.ledgerFrom, to: connection)
        for checkpoint in batch.checkpoints { try insert(checkpoint, into: connection) }
    }

    private static func append(_ records: [JournalRecord], to connection: Database) throws {
        guard !records.isEmpty else { return }
        let next = try eventCount(connection)
        for (number, record) in zip(next..., records) {
            guard record.index == number else {
                throw OutOfOrderBatch(.event, record.index, due: number)
            }
            try connection.cachedStatement(sql: "INSERT INTO journal (number, time, event) VALUES (?, ?, ?)")
                .execute(arguments: [number, record.time.milliseconds, String(decoding: record.event, as: UTF8.self)])
        }
    }

    /// Events before the snapshot are forgotten: it holds what they did.
    private static func replaceSnapshot(_ run: [UInt8], count: Int, in connection: Database) throws {
        let events = try eventCount(connection)
        guard count <= events || events == 0 else {
            throw OutOfOrderBatch(.snapshot, count, due: events)
        }
        try connection.execute(
            sql: "INSERT OR REPLACE INTO snapshot (id, count, run) VALUES (1, ?, ?)",
            arguments: [count, String(decoding: run, as: UTF8.self)])
        try connection.execute(sql: "DELETE FROM journal WHERE number < ?", arguments: [count])
    }

    private static func append(_ lines: [LedgerLine], from: Int, to connection: Database) throws {
        guard !lines.isEmpty else { return }
        let next = try Int.fetchOne(connection, sql: "SELECT max(number) + 1 FROM ledger") ?? 0
        guard from == next else {
            throw OutOfOrderBatch(.ledgerEntry, from, due: next)
        }
        for (number, line) in zip(next..., lines) {
            try connection.cachedStatement(sql: "INSERT INTO ledger (number, digest, entry) VALUES (?, ?, ?)")
                .execute(arguments: [number, line.digest.description, line.text])
        }
    }

    private static func insert(_ checkpoint: Signed<CheckpointManifest>, into connection: Database) throws {
        let manifest = try checkpoint.unverified()
        let summary = CheckpointSummary(
            version: manifest.version, height: manifest.height, weights: manifest.weights.weights,
            metrics: manifest.metrics)
        let (count, exists) = (
            try Int.fetchOne(connection, sql: "SELECT count(*) FROM checkpoint") ?? 0,
            try Bool.fetchOne(
                connection, sql: "SELECT 1 FROM checkpoint WHERE version = ?", arguments: [manifest.version]) ?? false
        )
        guard !exists else { throw OutOfOrderBatch(.version, manifest.version, due: count) }
        try connection.execute(
            sql: "INSERT INTO checkpoint (version, manifest, summary) VALUES (?, ?, ?)",
            arguments: [manifest.version, try text(checkpoint), try text(summary)])
    }

    private static func text(_ value: some Encodable) throws -> String {
        String(decoding: try CanonicalJSON.encode(value), as: UTF8.self)
    }

    /// Events that the run has applied so far.
    private static func eventCount(_ connection: Database) throws -> Int {
        try Int.fetchOne(
            connection,
            sql: "SELECT coalesce((SELECT max(number) + 1 FROM journal), (SELECT count FROM snapshot), 0)") ?? 0
    }
}
