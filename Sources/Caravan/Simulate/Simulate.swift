import ArgumentParser
import Foundation
import Recipes
import Simulator
import WorkUnits

/// `caravan simulate`: a whole run with its volunteers, in simulated time.
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Simulates a recipe's run with many hosts: real training, simulated time.",
        discussion: """
            Hosts that differ in speed, vanish, come back after days, sit behind slow uplinks or are hostile ask for units, \
            train them, and send updates; the rules, codecs, judge and merges are those of a real run, and the rules' \
            invariants are checked after every event. The same command gives the same numbers on every machine and with \
            any number of threads. Choose a small model: all hosts are computed here.

            A unit takes the median host --unit-minutes, whatever this machine takes.

            COMPARING  --compare name=value,value ... simulates every combination, in one table; the loss of each is \
            compared with the first.

            \(Axis.allCases.map { "  \($0.rawValue): \($0.help)" }.joined(separator: "\n"))

            EXAMPLES
              caravan simulate recipe.yaml --hosts 1000 --profile internet
              caravan simulate recipe.yaml --hosts 8 --one-machine --compare strategy=fedAvg,diLoCo codec=float32,int4
              caravan simulate recipe.yaml --hosts 15 --hostile 0.2:signFlip --compare rule=mean,geometricMedian
              caravan simulate recipe.yaml --hosts 1000 --profile internet --no-training
              caravan simulate recipe.yaml --hosts 30 --cheats 0.2 --compare cheats=none,0.2
            """)

    @OptionGroup var source: RecipeSource

    @Option(help: "How many hosts take part.")
    var hosts = 16

    @Option(help: "What hosts and network are like: lan (equal, always on) or internet.")
    var profile = "lan"

    @Option(help: "Draws hosts and network; the recipe's seed draws weights and order.")
    var seed: UInt64 = 1

    @Option(help: "Which text hosts train on: shared, files, sources, or dirichlet:alpha.")
    var text = "shared"

    @Option(help: "A share of hostile hosts and what they send, past all checks: 0.2:signFlip, or none.")
    var hostile = "none"

    @Option(
        help: "A share of hosts that cheat, and perhaps how, after how many answers and how often: 0.2:half:40:0.5.")
    var cheats = "none"

    @Option(
        help: "Minutes that the median host takes for the recipe's longest unit; a quarter of its deadline if left out."
    )
    var unitMinutes: Double?

    @Option(help: "Versions to make instead of the recipe's.")
    var versions: Int?

    @Option(parsing: .upToNextOption, help: "Simulate every combination of such values: name=value,value ...")
    var compare: [String] = []

    @Flag(help: "Train the same text on one machine too, and compare with that.")
    var oneMachine = false

    @Flag(help: "Simulate the rules alone.")
    var noTraining = false

    @Option(help: "Where simulation.jsonl, the pictures and report.html go; nothing is written if left out.")
    var folder: String?

    @Option(help: "Threads to compute with.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    func validate() throws {
        try ThreadCount.validate(threads)
        if noTraining && oneMachine { throw ValidationError("--one-machine has nothing to do with --no-training") }
    }

    func run() throws {
        StopSignal.install()
        let recipe = try source.load()
        let scenarios = try scenarios(recipe)
        let work = try TemporaryWorkFolder()
        defer { work.remove() }
        let text = noTraining ? nil : try text(of: recipe, in: work)
        let session = SimulationSession(
            simulation: Simulation(text: text, threads: threads, folder: work.path), title: recipe.name,
            folder: folder)
        try session.run(scenarios)
    }

    /// All that is to be simulated; what is wrong with any of it is said before the first begins.
    private func scenarios(_ recipe: Recipe) throws -> [Scenario] {
        var recipe = recipe
        if let versions { recipe.federation.versions = versions }
        let (share, attack) = try Axis.hostile(hostile)
        let settings = SimulationSettings(
            hosts: hosts, profile: try .named(profile), seed: seed, text: try TextDivision(parsing: text),
            attack: attack, hostileShare: share, cheating: try Axis.cheating(cheats),
            unitMinutes: unitMinutes ?? recipe.federation.deadlineSeconds / 240)
        let scenario = Scenario(recipe: recipe, settings: settings)
        let variants = try scenario.variants(compare)
        guard oneMachine else { return variants }
        var alone = scenario
        alone.oneMachineBatch = 1
        return [alone] + variants
    }

    private func text(of recipe: Recipe, in work: TemporaryWorkFolder) throws -> TextParts {
        let (corpus, tokenizer) = try recipe.prepareCorpus(
            recipePath: source.recipe, workFolder: work.path + "/text", threads: threads,
            progress: PreparationLine().show)
        let text = try TextParts(corpus, tokenizer: tokenizer, recipe: recipe)
        Terminal.print(
            "\(text.tokens.count) tokens to train on, of \(text.parts.count) files; \(text.validation.count) to measure "
                + "with")
        return text
    }
}
