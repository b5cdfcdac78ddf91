import Tokenization
import WorkUnits

/// What a run trains on: the shards by digest, and what they were made from. Published as a blob.
///
/// From the same files and plan the same manifest comes out, byte for byte.
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
        public var documents = 0
        /// UTF-8 bytes of the documents.
        public var bytes = 0
        /// Tokens of the documents, each with its end of text.
        public var tokens = 0

        mutating func add(_ block: EncodedBlock) {
            documents += block.lengths.count
            bytes += block.bytes
            tokens += block.tokens.count
        }
    }

    /// What became of one source's files.
    public struct SourceSummary: Codable, Hashable, Sendable {
        public var files: Int
        /// Bytes of the files.
        public var bytes: Int
        /// SHA-256 of a line for each file in the order of their digests: the digest in hexadecimal and a line feed.
        public var content: Digest
        public var read: TextCount
        /// Documents that could not be read.
        public var problems: Int
        /// Documents whose text an earlier one has.
        public var copies: TextCount
        /// Documents that resemble an earlier one.
        public var nearCopies: TextCount
        /// What is part of the dataset.
        public var kept: TextCount
        /// Share of its training documents that the mixture takes.
        public var takenShare: Double
    }

    public var format: Int
    public var plan: DatasetPlan
    /// In the plan's order.
    public var sources: [SourceSummary]
    /// Digest of `tokenizer.json`.
    public var tokenizer: Digest
    public var vocabulary: Int
    public var training: Side
    public var validation: Side
    /// The mixed training tokens, `plan.shardTokens` in each; the last token of a shard is the first of the next.
    public var shards: [Shard]
    public var validationShard: Shard
    /// UTF-8 bytes that the validation shard's tokens stand for.
    public var validationBytes: Int

    public static let currentFormat = 3

    /// The shard of a unit: each epoch takes every shard once, the first in the order of `shards` and each later one in
    /// an order of its own.
    public func shard(at index: Int) -> Shard {
        let (epoch, place) = index.quotientAndRemainder(dividingBy: shards.count)
        return shards[order(ofEpoch: epoch)[place]]
    }

    /// The places of all shards in the order of an epoch. Takes time with the number of shards, so keep it for more units.
    public func order(ofEpoch epoch: Int) -> [Int] {
        guard epoch > 0 else { return Array(shards.indices) }
        let random = CounterRandom(seed: plan.seed, stream: UInt64(epoch))
        return shards.indices.sorted { (random[UInt64($0)], $0) < (random[UInt64($1)], $1) }
    }

    public func encoded() throws -> [UInt8] {
        try CanonicalJSON.encode(self)
    }

    /// Reads what `encoded` wrote, and refuses what contradicts itself.
    public init(_ bytes: [UInt8]) throws(MalformedDocument) {
        self = try CanonicalJSON.decode(DatasetManifest.self, from: bytes, limit: 64 << 20)
        let sizes = 1...TokenShard.maximumTokens
        let measured = validationShard.tokens
        try require(
            format == Self.currentFormat, "format \(format) is not \(Self.currentFormat): make the dataset again")
        try require(Tokenizer.vocabularyRange.contains(vocabulary), "a vocabulary of \(vocabulary) is impossible")
        try require(sizes.contains(plan.sequenceLength), "sequences of \(plan.sequenceLength) are impossible")
        try require(
            DatasetPlan.passageRange.contains(plan.passageTokens),
            "passages of \(plan.passageTokens) tokens are impossible")
        try require(
            plan.shardTokens > 1 && sizes.contains(plan.shardTokens),
            "shards of \(plan.shardTokens) tokens are impossible")
        try require(sources.count == plan.sources.count, "\(sources.count) sources are not those of its plan")
        try require(!shards.isEmpty, "there are no shards")
        try require(shards.allSatisfy { $0.tokens == plan.shardTokens }, "a shard has another size")
        try require(
            measured > plan.sequenceLength && measured <= plan.validation.maximumTokens,
            "the validation shard has another size")
    }

    private func require(_ condition: Bool, _ reason: String) throws(MalformedDocument) {
        guard condition else { throw MalformedDocument(type: "DatasetManifest", reason: reason) }
    }

    init(_ plan: DatasetPlan, gathered: Gathered, settled: Settled, packed: Packed, tokenizer: Tokenizer) throws {
        guard let validationShard = packed.validationShard else { preconditionFailure("packed before the shards") }
        format = Self.currentFormat
        self.plan = plan
        sources = plan.sources.indices.map { SourceSummary($0, gathered: gathered, settled: settled) }
        self.tokenizer = Digest(of: try tokenizer.json())
        vocabulary = tokenizer.vocabulary
        training = packed.training
        validation = packed.validation
        shards = packed.shards
        self.validationShard = validationShard
        validationBytes = packed.validationBytes
    }
}

extension DatasetManifest.SourceSummary {
    init(_ source: Int, gathered: Gathered, settled: Settled) {
        let contents = gathered.files.filter { $0.source == source }.map(\.content)
        let list = contents.map(\.digest).sorted().map { "\($0)\n" }.joined()
        self.init(
            files: contents.count, bytes: contents.reduce(0) { $0 + $1.bytes }, content: Digest(of: list.utf8),
            read: gathered.read[source], problems: gathered.problemCounts[source], copies: settled.copies[source],
            nearCopies: settled.nearCopies[source], kept: settled.kept[source],
            takenShare: settled.takenShare[source])
    }
}
