import Tokenization
import Tokenization
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
        self = try CanonicalJSON.decode(DatasetManifest.self, from: bytes, limit: 64 << 20)
        let sizes = 1...TokenShard.maximumTokens
        let measured = validationShard.tokens
        try require(format == Self.currentFormat, "format \(format) is not \(Self.currentFormat)")
        try require(Tokenizer.vocabularyRange.contains(vocabulary), "a vocabulary of \(vocabulary) is impossible")
        try require(sizes.contains(options.sequenceLength), "sequences of \(options.sequenceLength) are impossible")
        try require(sizes.contains(options.shardTokens), "shards of \(options.shardTokens) tokens are impossible")
        try require(!shards.isEmpty, "there are no shards")
        try require(shards.allSatisfy { $0.tokens == options.shardTokens }, "a shard has another size")
        try require(
            measured > options.sequenceLength && measured <= options.maximumValidationTokens,
            "the validation shard has another size")
    }

    private func require(_ condition: Bool, _ reason: String) throws(MalformedDocument) {
        guard condition else { throw MalformedDocument(type: "DatasetManifest", reason: reason) }
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
