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
        let preparation = DatasetPreparation(
            datasetPlan(given: given?.digest), workFolder: workFolder, threads: threads, isStrict: isStrict,
            resolve: { Self.resolve($0, forRecipeAt: recipePath) }, progress: progress)
        let prepared = try preparation.run(tokenizer: given?.tokenizer, store: store)
        try preparation.finish()
        return prepared
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
