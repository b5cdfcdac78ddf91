import Coordination
import Foundation
import GRDB
import Ledger
import WorkUnits

extension SQLiteStore {
    /// Writes a batch, inside the caller's transaction.
    static func write(_ batch: StoreBatch, to connection: Database) throws {
        try append(batch.journal, to: connection)
        if let snapshot = batch.snapshot { try replace(snapshot, in: connection) }
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
    private static func replace(_ snapshot: RunSnapshot, in connection: Database) throws {
        let events = try eventCount(connection)
        guard snapshot.count <= events || events == 0 else {
            throw OutOfOrderBatch(.snapshot, snapshot.count, due: events)
        }
        try connection.execute(
            sql: "INSERT OR REPLACE INTO snapshot (id, count, run) VALUES (1, ?, ?)",
            arguments: [snapshot.count, String(decoding: snapshot.run, as: UTF8.self)])
        try connection.execute(sql: "DELETE FROM journal WHERE number < ?", arguments: [snapshot.count])
        let statement = try connection.cachedStatement(sql: "INSERT OR REPLACE INTO host (name, line) VALUES (?, ?)")
        // In the order of the table, where neighbours share a page.
        for (host, line) in snapshot.hosts.sorted(by: { $0.key < $1.key }) {
            try statement.execute(arguments: [Data(host.bytes), try text(line)])
        }
    }

    private static func append(_ lines: [AppendedEntry], from: Int, to connection: Database) throws {
        guard !lines.isEmpty else { return }
        let next = try number("SELECT coalesce(max(number) + 1, 0) FROM ledger", connection)
        guard from == next else {
            throw OutOfOrderBatch(.ledgerEntry, from, due: next)
        }
        for (number, line) in zip(next..., lines) {
            try connection.cachedStatement(sql: "INSERT INTO ledger (number, digest, entry) VALUES (?, ?, ?)")
                .execute(arguments: [number, line.digest.description, line.text])
            for kept in line.hashes { try Schema.insert(kept, into: connection) }
        }
    }

    private static func insert(_ checkpoint: Signed<CheckpointManifest>, into connection: Database) throws {
        let manifest = try checkpoint.known()
        let summary = CheckpointSummary(
            version: manifest.version, height: manifest.height, weights: manifest.weights.weights,
            metrics: manifest.metrics)
        let exists = try Bool.fetchOne(
            connection, sql: "SELECT 1 FROM checkpoint WHERE version = ?", arguments: [manifest.version])
        if exists == true {
            let next = try number("SELECT coalesce(max(version) + 1, 0) FROM checkpoint", connection)
            throw OutOfOrderBatch(.version, manifest.version, due: next)
        }
        try connection.execute(
            sql: "INSERT INTO checkpoint (version, manifest, summary) VALUES (?, ?, ?)",
            arguments: [manifest.version, try text(checkpoint), try text(summary)])
    }

    private static func text(_ value: some Encodable) throws -> String {
        String(decoding: try CanonicalJSON.encode(value), as: UTF8.self)
    }

    /// Events that the run has applied so far.
    private static func eventCount(_ connection: Database) throws -> Int {
        try number(
            "SELECT coalesce((SELECT max(number) + 1 FROM journal), (SELECT count FROM snapshot), 0)", connection)
    }

    /// A query that is asked again and again.
    private static func number(_ sql: String, _ connection: Database) throws -> Int {
        try Int.fetchOne(connection.cachedStatement(sql: sql)) ?? 0
    }
}
