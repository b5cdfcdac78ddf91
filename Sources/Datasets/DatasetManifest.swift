import WorkUnits

/// What a run trains on: the shards by digest, and what they were made from. Published as a blob.
///
/// From the same texts, tokenizer and options the same manifest comes out, byte for byte.
public struct DatasetManifest: Codable, Hashable, Sendable {
    /// A stored block of tokens.
    public struct Shard: Codable, Hashable, Sendable {
        /// Digest of the `TokenShard` archive.
        public var digest: Digest
        /// Size of the archive.
        public var bytes: Int
        public var tokens: Int
    }

    /// One side of the split.
    public struct Side: Codable, Hashable, Sendable {
        public var documents: Int
        /// UTF-8 bytes of the documents.
        public var bytes: Int
        /// Tokens of the documents, each with its end of text.
        public var tokens: Int
    }

    public var format: Int
    /// Digest of `tokenizer.json`.
    public var tokenizer: Digest
    public var vocabulary: Int
    public var options: DatasetOptions
    /// Copies that were left out.
    public var duplicates: Int
    public var training: Side
    public var validation: Side
    /// Training tokens, `options.shardTokens` in each, in the order of the stream.
    public var shards: [Shard]
    public var validationShard: Shard
    /// UTF-8 bytes that the validation shard's tokens stand for.
    public var validationBytes: Int

    public static let currentFormat = 1

    public func encoded() throws -> [UInt8] {
        try CanonicalJSON.encode(self)
    }

    /// Reads what `encoded` wrote, and refuses what contradicts itself.
    public init(_ bytes: [UInt8]) throws(MalformedDocument) {
        func require(_ condition: Bool, _ reason: String) throws(MalformedDocument) {
            guard condition else { throw MalformedDocument(type: "DatasetManifest", reason: reason) }
        }
        let manifest = try CanonicalJSON.decode(DatasetManifest.self, from: bytes, limit: 64 << 20)
        try require(manifest.format == Self.currentFormat, "format \(manifest.format) is not \(Self.currentFormat)")
        try require(!manifest.shards.isEmpty, "there are no shards")
        try require(
            manifest.shards.allSatisfy { $0.tokens == manifest.options.shardTokens }, "a shard has another size")
        self = manifest
    }

    init(
        tokenizer: Digest, vocabulary: Int, options: DatasetOptions, duplicates: Int, training: Side, validation: Side,
        shards: [Shard], validationShard: Shard, validationBytes: Int
    ) {
        format = Self.currentFormat
        self.tokenizer = tokenizer
        self.vocabulary = vocabulary
        self.options = options
        self.duplicates = duplicates
        self.training = training
        self.validation = validation
        self.shards = shards
        self.validationShard = validationShard
        self.validationBytes = validationBytes
    }
}

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
        precondition(shardTokens > 0 && sequenceLength > 0 && maximumValidationTokens > 0, "sizes are positive")
        self.seed = seed
        self.shardTokens = shardTokens
        self.sequenceLength = sequenceLength
        self.maximumValidationTokens = maximumValidationTokens
    }
}

/// Why documents did not become shards.
public enum DatasetFailure: Error, Hashable, Sendable, CustomStringConvertible {
    case tooLittleToTrain(tokens: Int, needed: Int)
    case tooLittleToMeasure(tokens: Int, needed: Int)

    public var description: String {
        switch self {
        case .tooLittleToTrain(let tokens, let needed):
            "the training text has \(tokens) tokens, fewer than the \(needed) of one sequence; add text or shorten the sequence"
        case .tooLittleToMeasure(let tokens, let needed):
            "the validation text has \(tokens) tokens, fewer than the \(needed) of one sequence; raise the validation"
                + " share, add documents or shorten the sequence"
        }
    }
}
