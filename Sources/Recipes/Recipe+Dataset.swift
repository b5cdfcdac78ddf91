import Datasets
import Tokenization
import WorkUnits

/// What a recipe's data become: a tokenizer trained on the training side alone, and token shards.
public struct PreparedDataset: Sendable {
    public var tokenizer: Tokenizer
    public var manifest: DatasetManifest
}

extension Recipe {
    /// Reads the data, removes copies, splits by document, trains the tokenizer and packs the shards.
    ///
    /// - Parameters:
    ///   - recipePath: where the recipe was read: its data paths are relative to that.
    ///   - report: called with a line after each stage.
    ///   - store: keeps a token shard and returns its digest.
    public func prepareDataset(
        recipePath: String, report: (String) -> Void, store: ([UInt8]) throws -> Digest
    ) throws -> PreparedDataset {
        let corpus = try Corpus.read(
            paths: dataPaths(forRecipeAt: recipePath), separator: data.separator, excluding: data.exclude)
        report("read \(corpus.documents.count) documents, left out \(corpus.duplicates) copies")
        let split =
            data.validation.files.isEmpty
            ? try corpus.split(validationShare: data.validation.share, seed: seed)
            : try corpus.split(holdingOut: data.validation.files)
        report("holding out \(split.validation.count) documents for validation")
        let tokenizer = try Tokenization.Tokenizer.train(
            on: split.training.map(\.text), vocabulary: tokenizer.vocabulary)
        report("trained a tokenizer of \(tokenizer.vocabulary) entries")
        let manifest = try DatasetBuilder.build(
            split, tokenizer: tokenizer,
            options: DatasetOptions(
                seed: seed, shardTokens: tokensPerShard, sequenceLength: unit.sequenceLength,
                maximumValidationTokens: data.validation.tokens),
            store: store)
        report("cut \(manifest.training.tokens) tokens into \(manifest.shards.count) shards")
        return PreparedDataset(tokenizer: tokenizer, manifest: manifest)
    }
}
