import Datasets
import Foundation
import Tokenization
import WorkUnits

extension Recipe {
    /// Makes the recipe's dataset: see `DatasetPreparation`.
    ///
    /// - Parameters:
    ///   - recipePath: where the recipe was read: its paths are relative to that.
    ///   - workFolder: where documents wait meanwhile; an interrupted preparation goes on from it. Removed at the end.
    ///   - store: keeps a token shard for good and returns its digest.
    public func prepareDataset(
        recipePath: String, workFolder: String, threads: Int, isStrict: Bool = false,
        progress: @escaping (PreparationProgress) throws -> Void, store: ([UInt8]) throws -> Digest
    ) throws -> PreparedDataset {
        let given = try givenTokenizer(recipePath: recipePath)
        let preparation = preparation(
            given: given?.digest, recipePath: recipePath, workFolder: workFolder, threads: threads,
            isStrict: isStrict, progress: progress)
        let prepared = try preparation.run(tokenizer: given?.tokenizer, store: store)
        try preparation.finish()
        return prepared
    }

    /// The recipe's documents, in the order of its dataset, and its tokenizer: for those who want to know which file a
    /// token is from, as shards do not tell.
    ///
    /// - Parameter workFolder: where the documents are, as long as the corpus is read.
    public func prepareCorpus(
        recipePath: String, workFolder: String, threads: Int, progress: @escaping (PreparationProgress) throws -> Void
    ) throws -> (corpus: PreparedCorpus, tokenizer: Tokenization.Tokenizer) {
        let given = try givenTokenizer(recipePath: recipePath)
        let corpus = try preparation(
            given: given?.digest, recipePath: recipePath, workFolder: workFolder, threads: threads, isStrict: false,
            progress: progress
        ).corpus()
        return (corpus, try given?.tokenizer ?? corpus.trainTokenizer())
    }

    private func preparation(
        given: Digest?, recipePath: String, workFolder: String, threads: Int, isStrict: Bool,
        progress: @escaping (PreparationProgress) throws -> Void
    ) -> DatasetPreparation {
        DatasetPreparation(
            datasetPlan(given: given), workFolder: workFolder, threads: threads, isStrict: isStrict,
            resolve: { Self.resolve($0, forRecipeAt: recipePath) }, progress: progress)
    }

    /// The tokenizer that the recipe names by its file.
    private func givenTokenizer(recipePath: String) throws -> (tokenizer: Tokenization.Tokenizer, digest: Digest)? {
        guard let file = tokenizer.file else { return nil }
        let path = Self.resolve(file, forRecipeAt: recipePath)
        let bytes = try FileBytes(path: path)
        guard bytes.count <= Tokenization.Tokenizer.maximumFileBytes else {
            throw TokenizerFailure.tooLarge(bytes: bytes.count, limit: Tokenization.Tokenizer.maximumFileBytes)
        }
        let given = try Tokenization.Tokenizer(json: bytes.read(bytes.count, at: 0))
        guard given.vocabulary == tokenizer.vocabulary else {
            throw RecipeFailure(
                path: recipePath, line: nil,
                reason: "tokenizer.vocabulary: \(path) has \(given.vocabulary) entries, not \(tokenizer.vocabulary)")
        }
        return (given, Digest(of: try given.json()))
    }
}
