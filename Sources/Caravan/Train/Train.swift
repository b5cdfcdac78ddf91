import ArgumentParser
import Datasets
import Foundation
import Recipes
import Training
import WorkUnits

/// `caravan train`: one machine, no server; the recipe's model on the recipe's data.
struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Trains a recipe's model on this machine alone.",
        discussion: """
            The folder gets weights.safetensors, the weights with the lowest validation loss; last.safetensors, those of \
            the last step; tokenizer.json; log.jsonl, a JSON document for each step and evaluation; and loss.svg, a \
            picture of them. 'generate' and 'evaluate' take the best weights unless told --last.

            Ctrl-C saves. After it, or after any crash, the same command continues to the same weights, the same best \
            version and the same evaluations as if nothing had happened.

            The learning rate follows the steps, not the clock: --minutes stops a run wherever its schedule is then, and \
            says so. For a schedule that ends with the time, give --steps that this machine takes in it.
            """)

    @OptionGroup var source: RecipeSource

    @Option(help: "Where the model, its tokenizer, the saved state, log.jsonl and loss.svg go.")
    var folder: String

    @Option(help: "Optimizer steps; as many as a federated run takes in a row (versions × steps) if left out.")
    var steps: Int?

    @Option(help: "Threads to compute with.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    @Option(help: "Steps between two measurements on held-out text.")
    var evaluateEvery = 64

    @Option(help: "Stop after so many measurements in a row without a lower validation loss; never if left out.")
    var patience: Int?

    @Option(
        help: """
            Stop after so many minutes by the clock, preparation and measurements included, over all continuations; the \
            last measurement and save come after.
            """)
    var minutes: Double?

    @Option(help: "Seconds between two saves of the state.")
    var saveEvery = 60.0

    func validate() throws {
        try ThreadCount.validate(threads)
        guard steps ?? 1 > 0 else { throw ValidationError("--steps must be positive") }
        guard evaluateEvery > 0 else { throw ValidationError("--evaluate-every must be positive") }
        guard patience ?? 1 > 0 else { throw ValidationError("--patience must be positive") }
        guard minutes ?? 1 > 0, minutes ?? 1 < 1e6 else { throw ValidationError("--minutes must be positive") }
        guard saveEvery > 0, saveEvery < 1e6 else { throw ValidationError("--save-every must be positive, in seconds") }
    }

    func run() throws {
        let start = ContinuousClock().now
        StopSignal.install()
        let recipe = try source.load()
        let data = try TrainingData(
            recipe: recipe, recipePath: source.recipe, threads: threads, report: { Terminal.print($0) })
        let session = try TrainingSession(
            recipe: recipe, data: data, folder: ModelFolder(path: folder),
            settings: recipe.settingsForOneMachine(steps: steps), threads: threads,
            limits: TrainingSession.Limits(
                evaluateEvery: evaluateEvery, patience: patience, seconds: minutes.map { 60 * $0 },
                saveEvery: .seconds(saveEvery)),
            start: start)
        try session.run()
    }
}

/// A recipe, and its data where the user names other files.
struct RecipeSource: ParsableArguments {
    @Argument(help: "The recipe, a YAML file.")
    var recipe: String

    @Option(
        help: "A file or folder to read, as the recipe says, instead of its data.paths; may be given several times.")
    var data: [String] = []

    func load() throws -> Recipe {
        var parsed = try Recipe.parse(Recipe.text(ofFileAt: recipe), path: recipe)
        if !data.isEmpty { try parsed.takeData(from: data.map { URL(filePath: $0).standardizedFileURL.path }) }
        return parsed
    }
}

extension Recipe {
    /// Reads other files in the way of the recipe's only source.
    fileprivate mutating func takeData(from paths: [String]) throws {
        guard data.sources.count == 1 else {
            throw CommandFailure("--data cannot say which of the recipe's \(data.sources.count) sources it stands for")
        }
        data.sources[0].paths = paths
    }

    /// One unit from the recipe's beginning to its end, without restarts.
    fileprivate func settingsForOneMachine(steps: Int?) -> TrainingSettings {
        var settings = trainingSettings(firstStep: 0, seed: seed)
        settings.steps = steps ?? federation.versions * unit.steps
        settings.schedule.totalSteps = settings.steps
        settings.schedule.restartSteps = 0
        return settings
    }
}
