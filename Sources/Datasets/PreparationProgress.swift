/// How far a preparation has come, for whoever waits.
public struct PreparationProgress: Hashable, Sendable {
    public enum Stage: String, Sendable {
        /// Reads, cleans and ranks the documents.
        case reading
        /// Finds copies and near-duplicates.
        case comparing
        case learningTokens
        /// Turns the documents into tokens.
        case encoding
        /// Mixes the tokens and writes them as shards.
        case packing
    }

    public var stage: Stage
    /// In bytes of files while reading, of text while learning and encoding; in buckets while comparing, and in shards
    /// while packing.
    public var done: Int
    public var total: Int

    /// Whether `done` and `total` are bytes.
    public var isInBytes: Bool { stage != .comparing && stage != .packing }
}
