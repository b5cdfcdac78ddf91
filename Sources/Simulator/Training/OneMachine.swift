import Checkpoints
import LanguageModel
import Recipes
import Tokenization
import Training
import WorkUnits

/// The same training by one machine: the tokens that the units of a run without faults hold, one step after the other.
///
/// With batches of the recipe's size it takes as many steps as all units of the run have together: what a single machine
/// does best with so many tokens, and what no number of hosts beside each other can do. With batches `mergeEvery` times as large
/// it takes as many steps as one host of the run does: what hosts with a network as fast as a machine's would do.
struct OneMachine {
    let recipe: Recipe
    let text: TextParts
    let settings: SimulationSettings
    /// How many times the recipe's batch a step takes.
    let batch: Int
    let threads: Int

    /// - Parameters:
    ///   - shouldStop: asked before every step.
    ///   - report: called where a run would have a version, and with version 0.
    /// - Returns: false when it was stopped.
    func run(shouldStop: () -> Bool, report: (VersionRecord) throws -> Void) throws -> Bool {
        let federation = recipe.federation
        let stepsPerVersion = federation.mergeEvery * recipe.unit.steps / batch
        var training = recipe.trainingSettings(firstStep: 0, seed: recipe.seed)
        training.steps = federation.versions * stepsPerVersion
        training.batchSize *= batch
        training.schedule.totalSteps = training.steps
        training.schedule.restartSteps = 0
        let start = InitialWeights(model: recipe.modelConfiguration, seed: recipe.seed).all()
        let trainer = try Trainer(
            model: recipe.modelConfiguration, settings: training, weights: start, tokens: tokens(), threads: threads)
        try report(record(version: 0, trainer))
        while !trainer.isFinished {
            if shouldStop() { return false }
            try trainer.takeStep()
            let (version, rest) = trainer.step.quotientAndRemainder(dividingBy: stepsPerVersion)
            if rest == 0 { try report(record(version: version, trainer)) }
        }
        return true
    }

    /// Of every unit in turn; units are dealt to hosts as to equal ones.
    private func tokens() -> [UInt32] {
        var hostText = HostText(text, settings: settings, recipe: recipe)
        let units = recipe.federation.versions * recipe.federation.mergeEvery
        var tokens: [UInt32] = []
        for index in 0..<units {
            let unit = hostText.tokens(
                of: index * recipe.unit.steps..<(index + 1) * recipe.unit.steps, host: index % settings.hosts)
            tokens += index == units - 1 ? unit[...] : unit.dropLast()
        }
        return tokens
    }

    private func record(version: Int, _ trainer: Trainer) throws -> VersionRecord {
        let metrics = try Evaluation.measure(
            model: trainer.model, weights: trainer.weights(), tokens: text.validation,
            sequenceLength: recipe.unit.sequenceLength, threads: threads,
            byteCount: { text.tokenizer.byteCount(of: $0) })
        let steps = trainer.step * batch
        return VersionRecord(
            version: version, height: version * recipe.federation.mergeEvery,
            tokens: steps * recipe.unit.batchSize * recipe.unit.sequenceLength,
            hours: settings.unitMinutes / 60 * Double(steps) / Double(recipe.unit.steps), bytesUp: 0, bytesDown: 0,
            staleness: 0, hostile: 0, issued: 0, accepted: 0, uncounted: 0, rejected: 0, expired: 0, late: 0,
            measured: Measurement(loss: metrics.loss, bitsPerByte: metrics.bitsPerByte))
    }
}
