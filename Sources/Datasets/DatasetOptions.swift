/// How documents become shards.
public struct DatasetOptions: Codable, Hashable, Sendable {
    /// Draws the order of the documents.
    public var seed: UInt64
    /// Tokens in every training shard.
    public var shardTokens: Int
    /// Tokens of a sequence (T): each side must hold at least one sequence and the token after it.
    public var sequenceLength: Int
    /// The most tokens of the validation shard.
    public var maximumValidationTokens: Int

    public init(seed: UInt64, shardTokens: Int, sequenceLength: Int, maximumValidationTokens: Int) {
        precondition(shardTokens > 0 && sequenceLength > 0, "sizes are positive")
        precondition(maximumValidationTokens > sequenceLength, "a sequence and the token after it must fit")
        self.seed = seed
        self.shardTokens = shardTokens
        self.sequenceLength = sequenceLength
        self.maximumValidationTokens = maximumValidationTokens
    }
}
