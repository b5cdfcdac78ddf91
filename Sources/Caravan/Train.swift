import ArgumentParser
import Checkpoints
import Datasets
import Foundation
import Recipes
import Tokenization
import Training
import WorkUnits

/// `caravan train`: one machine, no server; the recipe's model on the recipe's data.
struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Trains a recipe's model on this machine alone.",
        discussion: "Ctrl-C saves; the same command continues to the same bytes as if it had not been stopped.")

    @Argument(help: "The recipe, a YAML file.")
    var recipe: String

    @Option(help: "Where the model, its tokenizer, the saved state and log.jsonl go.")
    var folder: String

    @Option(help: "Optimizer steps; as many as a federated run takes in a row (versions × steps) if left out.")
    var steps: Int?

    @Option(help: "Threads to compute with.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    @Option(help: "Steps between two measurements on held-out text.")
    var evaluateEvery = 64

    @Option(help: "Seconds between two saves of the state.")
    var saveEvery = 60.0

    func validate() throws {
        try ThreadCount.validate(threads)
        guard steps ?? 1 > 0 else { throw ValidationError("--steps must be positive") }
        guard evaluateEvery > 0 else { throw ValidationError("--evaluate-every must be positive") }
        guard saveEvery > 0, saveEvery < 1e6 else { throw ValidationError("--save-every must be positive, in seconds") }
    }

    func run() throws {
        let parsed = try Recipe.parse(Recipe.text(ofFileAt: recipe), path: recipe)
        try TrainingSession(
            recipe: parsed, recipePath: recipe, steps: steps ?? parsed.federation.versions * parsed.unit.steps,
            folder: ModelFolder(path: folder),
            threads: threads, evaluateEvery: evaluateEvery, saveEvery: .seconds(saveEvery)
        ).run()
    }
}
