/// How far a preparation has come, for whoever waits.
public struct PreparationProgress: Hashable, Sendable {
    public enum Stage: String, Sendable {
        /// Reads, cleans and ranks the documents.
        case reading
        /// Finds copies and near-duplicates.
        case comparing
        case learningTokens
        /// Encodes and cuts into shards.
        case packing
    }

    public var stage: Stage
    /// In bytes of files while reading, of text while learning and packing; in buckets while comparing.
    public var done: Int
    public var total: Int

    /// Whether `done` and `total` are bytes.
    public var isInBytes: Bool { stage != .comparing }
}
