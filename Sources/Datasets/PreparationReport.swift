import Cleaning
import Deduplication
import WorkUnits

/// What happened to the documents on their way from files to shards, for a person to look at.
public struct PreparationReport: Codable, Sendable {
    /// One source's way.
    public struct Source: Codable, Sendable {
        public var name: String
        public var license: String?
        public var origin: String?
        public var summary: DatasetManifest.SourceSummary
    }

    public var sources: [Source]
    /// Whether copies were looked for.
    public var isCompared: Bool
    /// In the order of reading: what samples of the cleaning name by number.
    public var files: [String]
    /// The first documents that could not be read: where and why.
    public var problems: [String]
    /// What each cleaning step changed and removed, with samples.
    public var cleaning: CleaningTally
    /// From which similarity on near-duplicates were left out; nil: they were not looked for.
    public var similarity: Double?
    public var nearExamples: [NearExample]
    /// Bytes of the cleaned documents.
    public var lengths: Histogram
    /// Filled once the dataset is packed.
    public var packing: PackingReport?

    public struct PackingReport: Codable, Sendable {
        public var training: DatasetManifest.Side
        public var validation: DatasetManifest.Side
        public var shards: Int
        /// Tokens of each.
        public var shardTokens: Int
        /// Bytes of all training shards.
        public var shardBytes: Int
        /// Of the training documents.
        public var bytesPerToken: Histogram
    }

    /// - Parameters:
    ///   - settled: nil where documents were read and cleaned alone.
    ///   - packed: nil where no shards were made.
    init(_ plan: DatasetPlan, gathered: Gathered, settled: Settled? = nil, packed: Packed? = nil) {
        sources = plan.sources.enumerated().map { index, source in
            Source(
                name: source.name, license: source.license, origin: source.origin,
                summary: DatasetManifest.SourceSummary(
                    index, gathered: gathered, settled: settled ?? Settled(sources: plan.sources.count)))
        }
        isCompared = settled != nil
        problems = gathered.problems
        cleaning = gathered.tally
        files = gathered.files.map(\.path)
        similarity = plan.nearDuplicates?.threshold
        nearExamples = settled?.nearExamples ?? []
        lengths = gathered.lengths
        packing = packed.map { packed in
            PackingReport(
                training: packed.training, validation: packed.validation, shards: packed.shards.count,
                shardTokens: plan.shardTokens, shardBytes: packed.shards.reduce(0) { $0 + $1.bytes },
                bytesPerToken: packed.bytesPerToken)
        }
    }
}
