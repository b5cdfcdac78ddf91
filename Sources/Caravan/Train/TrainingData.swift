import Datasets
import Recipes
import Tokenization
import Training
import WorkUnits

/// A recipe's text as token ids.
struct TrainingData {
    var tokenizer: Tokenizer
    /// Every training text once.
    var training: [UInt32]
    /// As much of the held-out text as the recipe measures.
    var validation: [UInt32]

    /// - Parameter report: gets a summary, line by line.
    init(recipe: Recipe, recipePath: String, threads: Int, report: (String) -> Void) throws {
        let folder = try TemporaryWorkFolder()
        defer { folder.remove() }
        var shards: [Digest: [UInt8]] = [:]
        let data = try recipe.prepareDataset(
            recipePath: recipePath, workFolder: folder.path, threads: threads, progress: PreparationLine().show
        ) { archive in
            let digest = Digest(of: archive)
            shards[digest] = archive
            return digest
        }
        tokenizer = data.tokenizer
        // Shards overlap by a token, and the last is filled up from the beginning; here that would count some text twice.
        training = Array(
            try data.manifest.shards.flatMap { try TokenShard.decode(shards[$0.digest] ?? []).dropLast() }
                .prefix(data.manifest.training.tokens))
        validation = try TokenShard.decode(shards[data.manifest.validationShard.digest] ?? [])
        report(data.report.text)
        report("\(training.count) tokens to train on, \(validation.count) held out to measure with")
    }

    func measure(
        model: ModelConfiguration, weights: [Float], sequenceLength: Int, threads: Int
    ) throws -> Metrics {
        try Evaluation.measure(
            model: model, weights: weights, tokens: validation, sequenceLength: sequenceLength, threads: threads,
            byteCount: { tokenizer.byteCount(of: $0) })
    }
}
