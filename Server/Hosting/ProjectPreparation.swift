import Coordination
import Datasets
import Foundation
import LanguageModel
import Recipes
import Tokenization
import WorkUnits

/// Makes a project from a recipe: corpus → documents → tokenizer → shards → version 0 → signatures.
struct ProjectPreparation {
    var recipe: Recipe
    /// Where the recipe was read, and its text.
    var path: String
    var text: String
    var key: SigningKey
    var blobs: any BlobStore
    /// Where documents wait while the dataset is made.
    var workFolder: String
    var report: (String) -> Void

    func run() throws -> HostedProject {
        let stages = StageReport(report)
        let data = try recipe.prepareDataset(
            recipePath: path, workFolder: workFolder, threads: ProcessInfo.processInfo.activeProcessorCount,
            progress: stages.show
        ) { try blobs.store($0) }
        report(data.report.text)
        let tokenizer = try blobs.store(data.tokenizer.json())
        let description = ProjectDescription(
            name: recipe.name, summary: recipe.summary, project: key.verifyingKey, model: recipe.modelConfiguration,
            strategy: recipe.federation.strategy, mergeEvery: recipe.federation.mergeEvery,
            lastVersion: recipe.federation.versions,
            maximumStaleness: recipe.federation.maximumStaleness, quorum: recipe.federation.quorum,
            tolerance: recipe.federation.tolerance, audit: recipe.federation.audit.rule, admission: recipe.admission,
            witnesses: recipe.witnesses, tokenizer: tokenizer, dataset: try blobs.store(data.manifest.encoded()),
            recipe: try blobs.store(Array(text.utf8)),
            initialSeed: recipe.seed)
        let genesis = try VersionMaker(
            description: description, tokenizer: data.tokenizer, dataset: data.manifest,
            sequenceLength: recipe.unit.sequenceLength, key: key, blobs: blobs
        ).initialVersion()
        report("made version 0 with \(ParameterLayout(description.model).count) parameters")
        return HostedProject(
            recipe: recipe, tokenizer: data.tokenizer, dataset: data.manifest,
            description: try Signed(description, by: key, context: ProjectDescription.signingContext), genesis: genesis)
    }
}

/// Says when a stage of the preparation begins.
private final class StageReport {
    private let report: (String) -> Void
    private var stage: PreparationProgress.Stage?

    init(_ report: @escaping (String) -> Void) {
        self.report = report
    }

    func show(_ progress: PreparationProgress) {
        guard progress.stage != stage else { return }
        stage = progress.stage
        report("preparing the data: \(progress.stage.rawValue)")
    }
}
