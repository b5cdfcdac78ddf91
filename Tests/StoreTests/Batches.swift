import Coordination
import Federation
import Ledger
import WorkUnits

/// Batches as a coordinator would write them, with content that names itself.
enum Batches {
    static let key = SigningKey()

    static func event(_ index: Int) -> JournalRecord {
        JournalRecord(
            index: index, time: Timestamp(milliseconds: Int64(index) * 1000), event: Array("\"event \(index)\"".utf8))
    }

    static func line(_ index: Int) -> AppendedEntry {
        let text = "{\"entry\":\(index)}"
        return AppendedEntry(text: text, digest: Digest(of: text.utf8))
    }

    static func batch(events: Range<Int>, entries: Range<Int>, snapshotAfter count: Int? = nil) -> StoreBatch {
        var batch = StoreBatch()
        batch.journal = events.map(event)
        batch.snapshot = count.map { RunSnapshot(run: Array("\"run after \($0)\"".utf8), count: $0, hosts: [:]) }
        batch.ledgerFrom = entries.lowerBound
        batch.ledgerEntries = entries.map(line)
        return batch
    }

    static func host(_ number: Int, registered: Int) -> (name: HostID, line: KnownHost) {
        let key = SigningKey(seed: Digest(of: "host \(number)".utf8).bytes) ?? SigningKey()
        return (
            key.verifyingKey,
            KnownHost(
                Member(Joining(host: key.verifyingKey)), registered: Timestamp(milliseconds: Int64(registered)))
        )
    }

    /// What a new project commits first.
    static var opening: StoreBatch { batch(events: 0..<0, entries: 0..<1, snapshotAfter: 0) }

    static func checkpoint(version: Int) throws -> Signed<CheckpointManifest> {
        let digest = Digest(of: "weights \(version)".utf8)
        let manifest = CheckpointManifest(
            project: key.verifyingKey, version: version, height: version * 4,
            weights: CheckpointReference(version: version, weights: digest, bytes: 100), previous: nil,
            model: ModelConfiguration(layers: 1, width: 8, heads: 2, vocabulary: 300, context: 16),
            strategy: Strategy(kind: .fedAvg, serverLearningRate: 1), tokenizer: digest, dataset: digest,
            contributions: [],
            metrics: Metrics(loss: 5 - Double(version) / 8, bitsPerByte: 2, tokenAccuracy: 0.25, tokens: 10, bytes: 30))
        return try Signed(manifest, by: key, context: CheckpointManifest.signingContext)
    }
}
