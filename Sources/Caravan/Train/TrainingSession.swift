import Charts
import Checkpoints
import Foundation
import LanguageModel
import Recipes
import Tokenization
import Training
import WorkUnits

/// A training on one machine: continues a saved state, takes steps, measures, reports, saves.
final class TrainingSession {
    struct Limits {
        /// Steps between two evaluations.
        var evaluateEvery: Int
        /// Evaluations in a row without a lower loss.
        var patience: Int?
        /// By the clock, over all continuations.
        var seconds: Double?
        var saveEvery: Duration
    }

    private let recipe: Recipe
    private let data: TrainingData
    private let folder: ModelFolder
    private let threads: Int
    private let limits: Limits
    private let trainer: Trainer
    private let log: TrainingLog
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var course: TrainingCourse
    private var savedAt: ContinuousClock.Instant

    /// - Parameter start: from when on the clock counts.
    init(
        recipe: Recipe, data: TrainingData, folder: ModelFolder, settings: TrainingSettings, threads: Int,
        limits: Limits, start: ContinuousClock.Instant
    ) throws {
        let model = recipe.modelConfiguration
        trainer = try Trainer(
            model: model, settings: settings, weights: InitialWeights(model: model, seed: recipe.seed).all(),
            tokens: data.training, threads: threads)
        try Files.createFolder(folder.url.path)
        let isContinued = try DurableFile.size(folder.stateFile.path) != nil
        course = TrainingCourse()
        if isContinued {
            let path = folder.stateFile.path
            let saved = try SavedTraining(Files.read(path, limit: .max), path: path)
            try trainer.restore(saved.trainer)
            course = saved.course
        }
        log = try TrainingLog(
            folder.logFile.path, continuingAfter: isContinued ? trainer.step : nil,
            isEvaluated: course.history.entries.last?.step == trainer.step)
        try Files.write(data.tokenizer.json(), to: folder.tokenizerFile.path)
        (self.recipe, self.data, self.folder, self.threads, self.limits) = (recipe, data, folder, threads, limits)
        (self.start, savedAt) = (start, clock.now)
        if isContinued {
            Terminal.print("continuing at step \(trainer.step)")
            // The state is saved before the weights that it calls best: a crash may have come between the two.
            if course.history.best?.step == trainer.step { try write(trainer.weights(), to: folder.weightsFile) }
        }
        try log.append(sessionRecord(event: isContinued ? "continue" : "start"))
    }

    func run() throws {
        while true {
            // Before anything else: a training that was stopped here continues with it.
            if isEvaluationDue, !StopSignal.isStopping { try evaluate() }
            if let end { return try finish(end) }
            try takeStep()
            if clock.now - savedAt > limits.saveEvery { try save() }
        }
    }

    private var seconds: Double { course.seconds + (clock.now - start) / .seconds(1) }

    private var tokensPerStep: Int { trainer.settings.batchSize * trainer.settings.sequenceLength }

    /// Of the last step taken.
    private var learningRate: Double {
        trainer.settings.schedule.rate(step: max(trainer.step - 1, 0), firstStep: trainer.settings.firstStep)
    }

    private var isTimeUp: Bool { limits.seconds.map { seconds >= $0 } ?? false }

    private var isEvaluationDue: Bool {
        trainer.step > 0 && course.history.entries.last?.step != trainer.step
            && (trainer.step.isMultiple(of: limits.evaluateEvery) || trainer.isFinished || isTimeUp)
    }

    /// Why no further step is to be taken; nil to go on.
    private var end: TrainingEnd? {
        if trainer.isFinished { return .allSteps }
        if let patience = limits.patience, course.history.evaluationsSinceBest >= patience { return .patience }
        if isTimeUp { return .timeIsUp }
        return StopSignal.isStopping ? .stopped : nil
    }

    private func takeStep() throws {
        let before = clock.now
        let report = try trainer.takeStep()
        let speed = Double(report.tokens) / ((clock.now - before) / .seconds(1))
        Terminal.show(progress: progressBar(report, tokensPerSecond: speed))
        try log.append(
            StepRecord(
                step: report.step, loss: report.loss, learningRate: report.learningRate,
                gradientNorm: report.gradientNorm, tokens: report.step * tokensPerStep, tokensPerSecond: speed,
                seconds: seconds))
    }

    private func evaluate() throws {
        let weights = trainer.weights()
        let metrics = try data.measure(
            model: trainer.model, weights: weights, sequenceLength: trainer.settings.sequenceLength, threads: threads)
        let isBest = course.history.append(step: trainer.step, loss: metrics.loss)
        if isBest { course.bestMetrics = metrics }
        Terminal.print(
            "step \(trainer.step)  validation loss \(metrics.loss.formatted(digits: 4))  "
                + "bits per byte \(metrics.bitsPerByte.formatted(digits: 4))  "
                + "token accuracy \((100 * metrics.tokenAccuracy).formatted(digits: 2)) %  "
                + "\(Int(seconds)) s\(isBest ? "  best so far" : "")")
        try log.append(
            EvaluationRecord(
                step: trainer.step, validation: metrics, perplexity: metrics.perplexity, isBest: isBest,
                tokens: trainer.step * tokensPerStep, seconds: seconds))
        if isBest {
            try save()
            try write(weights, to: folder.weightsFile)
        }
        try plot()
    }

    private func save() throws {
        try log.sync()
        var saved = SavedTraining(course: course, trainer: trainer.state())
        saved.course.seconds = seconds
        try Files.write(saved.encoded(), to: folder.stateFile.path)
        savedAt = clock.now
    }

    private func finish(_ end: TrainingEnd) throws {
        try log.append(
            EndRecord(
                step: trainer.step, reason: end, bestStep: course.history.best?.step, learningRate: learningRate,
                seconds: seconds))
        try save()
        try write(trainer.weights(), to: folder.lastWeightsFile)
        try plot()
        for line in summary(of: end) { Terminal.print(line) }
    }

    private func summary(of end: TrainingEnd) -> [String] {
        let steps = trainer.settings.steps
        let reason =
            switch end {
            case .allSteps: "all \(steps) steps are taken"
            case .stopped: "stopped at step \(trainer.step) of \(steps); the same command continues"
            case .patience:
                "stopped early at step \(trainer.step): \(course.history.evaluationsSinceBest) measurements in a row "
                    + "were no better"
            case .timeIsUp:
                "time is up at step \(trainer.step) of \(steps): the learning rate was to go on to step \(steps), and "
                    + "is now \(String(format: "%.3g", learningRate))"
            }
        guard let best = course.history.best, let metrics = course.bestMetrics else {
            return [reason, "nothing was measured yet: \(folder.url.path) holds the last weights alone"]
        }
        return [reason, "best at step \(best.step), on held-out text:"]
            + metrics.lines(vocabulary: data.tokenizer.vocabulary)
            + ["\(folder.url.path) holds the best weights, the last ones, log.jsonl and loss.svg"]
    }

    private func plot() throws {
        let evaluations = course.history.entries.map { LossPlot.Evaluation(step: $0.step, loss: $0.loss) }
        let plot = LossPlot(
            title: "\(recipe.name): byte-level BPE of \(data.tokenizer.vocabulary) entries", training: trainer.losses,
            evaluations: evaluations)
        try Files.write(Array(plot.svg.utf8), to: folder.plotFile.path)
    }

    private func write(_ weights: [Float], to file: URL) throws {
        let temporary = file.path + ".new"
        let writer = try WeightsWriter(path: temporary, model: trainer.model)
        try writer.append(weights)
        _ = try writer.finish()
        try DurableFile.publish(temporary, as: file.path)
    }

    private func sessionRecord(event: String) throws -> SessionRecord {
        SessionRecord(
            event: event, step: trainer.step, time: SystemClock.now(), name: recipe.name, model: trainer.model,
            parameters: ParameterLayout(trainer.model).count, settings: trainer.settings,
            vocabulary: data.tokenizer.vocabulary, tokenizer: Digest(of: try data.tokenizer.json()),
            trainingTokens: data.training.count, validationTokens: data.validation.count, threads: threads)
    }

    /// A bar with figures, such as `██████·· 48/64  loss 3.2071  15310 tokens/s  0:12 left`.
    private func progressBar(_ report: StepReport, tokensPerSecond: Double) -> String {
        let steps = trainer.settings.steps
        let filled = 24 * report.step / steps
        let bar = String(repeating: "█", count: filled) + String(repeating: "·", count: 24 - filled)
        var left = Double(steps - report.step) * seconds / Double(report.step)
        if let limit = limits.seconds { left = min(left, max(limit - seconds, 0)) }
        let (minutes, rest) = Int(left).quotientAndRemainder(dividingBy: 60)
        return "\(bar) \(report.step)/\(steps)  loss \(Double(report.loss).formatted(digits: 4))  "
            + "\(Int(tokensPerSecond)) tokens/s  \(minutes):\(rest < 10 ? "0" : "")\(rest) left"
    }
}
