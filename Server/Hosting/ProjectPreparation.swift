import Checkpoints
import Coordination
import Datasets
import LanguageModel
import Recipes
import Tokenization
import WorkUnits

/// Makes a project from a recipe: corpus → documents → tokenizer → shards → version 0 → signatures.
struct ProjectPreparation {
    var recipe: Recipe
    var text: String
    var key: SigningKey
    var blobs: any BlobStore
    var report: (String) -> Void

    func run() throws -> HostedProject {
        let corpus = try Corpus.read(
            paths: recipe.data.paths, separator: recipe.data.separator, excluding: recipe.data.exclude)
        report("read \(corpus.documents.count) documents, left out \(corpus.duplicates) duplicates")
        let split = try corpus.split(validationShare: recipe.data.validation.share, seed: recipe.seed)
        report("holding out \(split.validation.count) documents for validation")
        let tokenizer = try Tokenizer.train(
            on: split.training.map(\.text), vocabulary: recipe.tokenizer.vocabulary)
        let tokenizerDigest = try blobs.store(tokenizer.json())
        report("trained a tokenizer of \(tokenizer.vocabulary) entries")
        let dataset = try DatasetBuilder.build(split, tokenizer: tokenizer, options: recipe.datasetOptions) { archive in
            try blobs.store(archive)
        }
        report("cut \(dataset.shards.count) shards of \(recipe.tokensPerShard) tokens")
        let description = ProjectDescription(
            name: recipe.name, summary: recipe.summary, project: key.verifyingKey, model: recipe.modelConfiguration,
            strategy: recipe.federation.strategy, mergeEvery: recipe.federation.mergeEvery,
            quorum: recipe.federation.quorum, tokenizer: tokenizerDigest,
            dataset: try blobs.store(dataset.encoded()), recipe: try blobs.store(Array(text.utf8)),
            initialSeed: recipe.seed)
        let genesis = try VersionMaker(
            description: description, tokenizer: tokenizer, dataset: dataset,
            sequenceLength: recipe.unit.sequenceLength, key: key, blobs: blobs
        ).initialVersion()
        report("made version 0 with \(ParameterLayout(description.model).count) parameters")
        return HostedProject(
            recipe: recipe, tokenizer: tokenizer, dataset: dataset,
            description: try Signed(description, by: key, context: ProjectDescription.signingContext), genesis: genesis)
    }
}
