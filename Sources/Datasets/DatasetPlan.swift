import Cleaning
import Deduplication
import Documents
import Tokenization
import WorkUnits

/// What a dataset is made from, and how: with the files, all that its bytes depend on. Part of the manifest.
public struct DatasetPlan: Codable, Hashable, Sendable {
    /// Draws the order of the documents, the held-out ones, and what a mixture leaves out.
    public var seed: UInt64
    public var sources: [Source]
    /// Applied to every document in this order.
    public var cleaning: [CleaningStep]
    /// How near-duplicates are found; nil: they stay. Exact copies never do.
    public var nearDuplicates: MinHashParameters?
    public var validation: Validation
    public var tokenizer: TokenizerPlan
    /// Tokens of a sequence (T): each side must hold at least one sequence and the token after it.
    public var sequenceLength: Int
    /// Tokens in a row that stay together when the training text is mixed, in `passageRange`. Whole sequences, so that the order
    /// of the passages tears none apart.
    public var passageTokens: Int
    /// Tokens in every training shard, from 2 on: those that are trained on, and the one to predict after the last.
    public var shardTokens: Int

    public static let passageRange = 1...1 << 20

    /// Files that belong together.
    public struct Source: Codable, Hashable, Sendable {
        public var name: String
        /// Files, folders and globs.
        public var paths: [String]
        public var reading: ReadingOptions
        /// Relative share of the training text; 0 …; nil: its natural share. All sources have one, or none.
        public var weight: Double?
        /// Under which terms the text may be used, such as `CC-BY-4.0`.
        public var license: String?
        /// Where the text comes from, such as an address.
        public var origin: String?

        public init(
            name: String, paths: [String], reading: ReadingOptions = ReadingOptions(), weight: Double? = nil,
            license: String? = nil, origin: String? = nil
        ) {
            self.name = name
            self.paths = paths
            self.reading = reading
            self.weight = weight
            self.license = license
            self.origin = origin
        }
    }

    /// What is never trained on.
    public struct Validation: Codable, Hashable, Sendable {
        /// Share of the documents, where no files are named; between 0 and 1.
        public var share: Double
        /// Shell patterns of files that are held out whole, instead of a share.
        public var files: [String]
        /// The most tokens of the validation shard.
        public var maximumTokens: Int

        public init(share: Double, files: [String] = [], maximumTokens: Int) {
            self.share = share
            self.files = files
            self.maximumTokens = maximumTokens
        }
    }

    /// Where the tokenizer comes from.
    public enum TokenizerPlan: Codable, Hashable, Sendable {
        /// Trained on the first documents to train on, at most `sampleBytes` of them: a random sample, as their order is.
        case trained(vocabulary: Int, pattern: SplitPattern, specialTokens: [String], sampleBytes: Int)
        /// A `tokenizer.json` with this digest.
        case given(Digest)
    }

    public init(
        seed: UInt64, sources: [Source], cleaning: [CleaningStep], nearDuplicates: MinHashParameters?,
        validation: Validation, tokenizer: TokenizerPlan, sequenceLength: Int, passageTokens: Int, shardTokens: Int
    ) {
        precondition(shardTokens > 1 && sequenceLength > 0, "a shard has a token to train on and one to predict")
        precondition(Self.passageRange.contains(passageTokens), "passages of \(passageTokens) tokens are not allowed")
        precondition(validation.maximumTokens > sequenceLength, "a sequence and the token after it must fit")
        self.seed = seed
        self.sources = sources
        self.cleaning = cleaning
        self.nearDuplicates = nearDuplicates
        self.validation = validation
        self.tokenizer = tokenizer
        self.sequenceLength = sequenceLength
        self.passageTokens = passageTokens
        self.shardTokens = shardTokens
    }
}
