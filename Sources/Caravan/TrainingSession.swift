import ArgumentParser
import Checkpoints
import Datasets
import Foundation
import LanguageModel
import Recipes
import Tokenization
import Training
import WorkUnits

/// A training on one machine: prepares the data, continues a saved state, reports, saves.
struct TrainingSession {
    var recipe: Recipe
    var recipePath: String
    var steps: Int
    var folder: ModelFolder
    var threads: Int
    var evaluateEvery: Int
    var saveEvery: Duration

    private var stateFile: URL { folder.url.appending(path: "state") }
    private var logFile: URL { folder.url.appending(path: "log.jsonl") }

    func run() throws {
        StopSignal.install()
        try Files.createFolder(folder.url.path)
        let data = try TrainingData(recipe: recipe, recipePath: recipePath)
        try Files.write(data.tokenizer.json(), to: folder.tokenizerFile.path)
        Terminal.print("\(data.training.count) tokens to train on, \(data.validation.count) held out")

        let model = recipe.modelConfiguration
        let trainer = try Trainer(
            model: model, settings: settings(),
            weights: InitialWeights(model: model, seed: recipe.seed).all(), tokens: data.training, threads: threads)
        if let state = try? Files.read(stateFile.path) {
            try trainer.restore(state)
            Terminal.print("continuing at step \(trainer.step)")
        }
        let log = try LogFile(logFile)
        let clock = ContinuousClock()
        let (start, firstStep) = (clock.now, trainer.step)
        var saved = start
        while !trainer.isFinished && !StopSignal.isStopping {
            let report = try trainer.takeStep()
            let seconds = (clock.now - start) / .seconds(1)
            let tokensPerSecond = Double((trainer.step - firstStep) * report.tokens) / seconds
            Terminal.show(
                progress: progressBar(
                    step: trainer.step, of: steps, loss: report.loss, tokensPerSecond: tokensPerSecond,
                    tokensPerStep: report.tokens))
            try log.append(
                TrainingRecord(
                    step: trainer.step, loss: report.loss, learningRate: report.learningRate,
                    gradientNorm: report.gradientNorm, tokensPerSecond: tokensPerSecond))
            if trainer.step.isMultiple(of: evaluateEvery) || trainer.isFinished {
                let metrics = try data.measure(
                    model: model, weights: trainer.weights(), sequenceLength: recipe.unit.sequenceLength,
                    threads: threads)
                Terminal.print(
                    "step \(trainer.step)  validation loss \(metrics.loss.formatted(digits: 4))  "
                        + "bits per byte \(metrics.bitsPerByte.formatted(digits: 4))  "
                        + "token accuracy \((100 * metrics.tokenAccuracy).formatted(digits: 2)) %  "
                        + "\(Int(tokensPerSecond)) tokens/s")
                try log.append(EvaluationRecord(step: trainer.step, validation: metrics))
            }
            if clock.now - saved > saveEvery {
                try Files.write(trainer.state(), to: stateFile.path)
                saved = clock.now
            }
        }
        try Files.write(trainer.state(), to: stateFile.path)
        try write(trainer.weights(), of: model)
        Terminal.print(
            trainer.isFinished
                ? "\(folder.url.path) holds the model" : "stopped at step \(trainer.step); the same command continues")
    }

    private func settings() -> TrainingSettings {
        var settings = recipe.trainingSettings(firstStep: 0, seed: recipe.seed)
        settings.steps = steps
        settings.schedule.totalSteps = steps
        settings.schedule.restartSteps = 0
        return settings
    }

    private func write(_ weights: [Float], of model: ModelConfiguration) throws {
        let temporary = folder.url.appending(path: "weights.new").path
        let writer = try WeightsWriter(path: temporary, model: model)
        try writer.append(weights)
        _ = try writer.finish()
        try DurableFile.publish(temporary, as: folder.weightsFile.path)
    }
}

/// A recipe's text as token ids.
struct TrainingData {
    var tokenizer: Tokenizer
    var training: [UInt32]
    var validation: [UInt32]

    init(recipe: Recipe, recipePath: String) throws {
        var shards: [Digest: [UInt8]] = [:]
        let data = try recipe.prepareDataset(recipePath: recipePath, report: { Terminal.print($0) }) { archive in
            let digest = Digest(of: archive)
            shards[digest] = archive
            return digest
        }
        tokenizer = data.tokenizer
        training = try data.manifest.shards.flatMap { try TokenShard.decode(shards[$0.digest] ?? []) }
        validation = try TokenShard.decode(shards[data.manifest.validationShard.digest] ?? [])
    }

    func measure(model: ModelConfiguration, weights: [Float], sequenceLength: Int, threads: Int) throws -> Metrics {
        try Evaluation.measure(
            model: model, weights: weights, tokens: validation, sequenceLength: sequenceLength, threads: threads,
            byteCount: { tokenizer.byteCount(of: $0) })
    }
}

/// A line of `log.jsonl`.
struct TrainingRecord: Encodable {
    var step: Int
    var loss: Float
    var learningRate: Double
    var gradientNorm: Double
    var tokensPerSecond: Double
}

struct EvaluationRecord: Encodable {
    var step: Int
    var validation: Metrics
}

/// One JSON document a line, appended.
struct LogFile {
    private let handle: FileHandle

    init(_ url: URL) throws {
        handle = try Files.openForAppending(url.path)
    }

    func append(_ record: some Encodable) throws {
        try handle.write(contentsOf: Data(CanonicalJSON.encode(record) + [10]))
    }
}

/// A bar with figures, such as `██████·· 48/64  loss 3.2071  15310 tokens/s  0:12 left`.
private func progressBar(step: Int, of total: Int, loss: Float, tokensPerSecond: Double, tokensPerStep: Int) -> String {
    let filled = 24 * step / total
    let bar = String(repeating: "█", count: filled) + String(repeating: "·", count: 24 - filled)
    let left = Int(Double((total - step) * tokensPerStep) / max(tokensPerSecond, 1))
    return "\(bar) \(step)/\(total)  loss \(Double(loss).formatted(digits: 4))  \(Int(tokensPerSecond)) tokens/s  "
        + "\(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60) left"
}
