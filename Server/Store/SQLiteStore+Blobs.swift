import Foundation
import GRDB
import Synchronization
import WorkUnits

/// Small blobs, in the database: a transaction makes as many of them durable as have come, where each file of its own would
/// wait for the disk several times.
extension SQLiteStore {
    /// Larger content is a file.
    static let blobLimit = 64 << 10

    /// Keeps content that is durable with the next batch, and readable at once.
    func hold(_ content: [UInt8], as digest: Digest) {
        held.withLock { $0.waiting[digest] = content }
    }

    /// One that came lately.
    func recentBlob(_ digest: Digest) -> [UInt8]? {
        held.withLock { $0.waiting[digest] ?? $0.recent[digest] }
    }

    func blob(_ digest: Digest) throws -> [UInt8]? {
        if let content = recentBlob(digest) { return content }
        return try Self.explaining(path) {
            try database.read { connection in
                try connection.cachedStatement(sql: "SELECT content \(Self.search(newest: nil)) LIMIT 1")
                    .fetchData(of: digest)
            }
        }
    }

    /// A clause that finds digest ?1 in the newest generations of the index, in one after the other: what is asked for is seldom old.
    ///
    /// - Parameter count: of generations; nil for all.
    private static func search(newest count: Int?) -> String {
        """
        FROM (WITH RECURSIVE generation (number) AS (
                SELECT max(number) >> 18 FROM blob UNION ALL SELECT number - 1 FROM generation WHERE number > 0)
            SELECT number FROM generation LIMIT \(count ?? -1)) AS generation
        CROSS JOIN blob ON blob.number >> 18 = generation.number
            AND substr(digest, 1, 8) = substr(?1, 1, 8) AND digest = ?1
        """
    }

    /// Writes held blobs, inside the caller's transaction. What came lately, in this generation or the one before, is left as it is;
    /// content that comes again after that is there twice.
    static func write(_ blobs: [Digest: [UInt8]], to connection: Database) throws {
        guard !blobs.isEmpty else { return }
        let statement = try connection.cachedStatement(
            sql: """
                INSERT INTO blob (digest, content) SELECT ?1, ?2
                    WHERE NOT EXISTS (SELECT 1 \(search(newest: 2)))
                """)
        for (digest, content) in blobs { try statement.execute(arguments: [Data(digest.bytes), Data(content)]) }
    }
}

/// Small blobs in memory.
struct HeldBlobs {
    /// They came after the last batch.
    var waiting: [Digest: [UInt8]] = [:]
    /// The last ones that a batch took along: what comes is soon needed.
    private(set) var recent: [Digest: [UInt8]] = [:]
    private var recentBytes = 0

    private static let mostRecentBytes = 32 << 20

    /// - Parameter stored: are in the database from now on.
    mutating func remember(_ stored: [Digest: [UInt8]]) {
        if recentBytes > Self.mostRecentBytes { (recent, recentBytes) = ([:], 0) }
        for (digest, content) in stored {
            waiting[digest] = nil
            recent[digest] = content
            recentBytes += content.count
        }
    }
}

extension Statement {
    fileprivate func fetchData(of digest: Digest) throws -> [UInt8]? {
        try Data.fetchOne(self, arguments: [Data(digest.bytes)]).map { Array($0) }
    }
}
