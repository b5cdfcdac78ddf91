import Foundation
import GRDB
import Ledger
import WorkUnits

/// The tables, as the steps that lead from an empty database to them.
///
/// A published step never changes: add another.
enum Schema {
    static func insert(_ kept: KeptHash, into database: Database) throws {
        try database.cachedStatement(sql: "INSERT INTO tree (level, number, hash) VALUES (?, ?, ?)")
            .execute(arguments: [kept.subtree.level, kept.subtree.number, Data(kept.hash.bytes)])
    }

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1: journal, snapshot, ledger, checkpoints") { database in
            try database.execute(
                sql: """
                    -- Events of the run after the snapshot, numbered from 0 over its whole life; canonical JSON.
                    CREATE TABLE journal (number INTEGER PRIMARY KEY, time INTEGER NOT NULL, event TEXT NOT NULL) STRICT;

                    -- At most one row: the run after `count` events, canonical JSON.
                    CREATE TABLE snapshot (
                        id INTEGER PRIMARY KEY CHECK (id = 1), count INTEGER NOT NULL, run TEXT NOT NULL) STRICT;

                    -- The public chain: canonical JSON and its digest in hexadecimal.
                    CREATE TABLE ledger (number INTEGER PRIMARY KEY, digest TEXT NOT NULL, entry TEXT NOT NULL) STRICT;

                    -- The signed manifest of each version, and its line in the table of versions; canonical JSON.
                    CREATE TABLE checkpoint (
                        version INTEGER PRIMARY KEY, manifest TEXT NOT NULL, summary TEXT NOT NULL) STRICT;
                    """)
        }
        migrator.registerMigration("2: small blobs, hosts") { database in
            try database.execute(
                sql: """
                    -- Content by its SHA-256. The index has its first 8 bytes, a quarter of the size.
                    CREATE TABLE blob (number INTEGER PRIMARY KEY, digest BLOB NOT NULL, content BLOB NOT NULL) STRICT;
                    CREATE INDEX blobByDigest ON blob (substr(digest, 1, 8));

                    -- The run's hosts at the snapshot: public key, and canonical JSON.
                    CREATE TABLE host (name BLOB PRIMARY KEY, line TEXT NOT NULL) STRICT, WITHOUT ROWID;
                    """)
        }
        migrator.registerMigration("3: the tree over the ledger") { database in
            try database.execute(
                sql: """
                    -- Hashes of whole subtrees of 256^n entries; smaller ones are computed from the entries' digests.
                    CREATE TABLE tree (level INTEGER, number INTEGER, hash BLOB NOT NULL, PRIMARY KEY (level, number))
                        STRICT, WITHOUT ROWID;
                    """)
            // Those of a ledger that was written before.
            var edge = MerkleEdge()
            let digests = try String.fetchCursor(database, sql: "SELECT digest FROM ledger ORDER BY number")
            while let digest = try digests.next() {
                guard let digest = Digest(digest) else { continue }
                for kept in edge.append(digest) { try insert(kept, into: database) }
            }
        }
        migrator.registerMigration("4: indexes of many versions and blobs") { database in
            try database.execute(
                sql: """
                    -- A manifest names all contributions: the list of versions does not read past them.
                    CREATE INDEX checkpointSummary ON checkpoint (version, summary);

                    -- By generations of 2^18 blobs. Digests are random: an index of all would change a page for each new blob, where
                    -- that of one generation has few pages.
                    DROP INDEX blobByDigest;
                    CREATE INDEX blobByDigest ON blob (number >> 18, substr(digest, 1, 8));
                    """)
        }
        return migrator
    }
}
