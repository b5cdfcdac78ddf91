import ArgumentParser
import Checkpoints
import Datasets
import Foundation
import Recipes
import Tokenization
import Training
import LanguageModel
import WorkUnits

/// A training on one machine: prepares the data, continues a saved state, reports, saves.
struct TrainingSession {
    var recipe: Recipe
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
        let data = try TrainingData(recipe: recipe)
        try Files.write(data.tokenizer.json(), to: folder.tokenizerFile.path)
        print("\(data.training.count) tokens to train on, \(data.validation.count) held out")

        let model = recipe.modelConfiguration
        let trainer = try Trainer(
            model: model, settings: settings(),
            weights: InitialWeights(model: model, seed: recipe.seed).all(), tokens: data.training, threads: threads)
        if let state = try? Files.read(stateFile.path) {
            try trainer.restore(state)
            print("continuing at step \(trainer.step)")
        }
        let log = try LogFile(logFile)
        let clock = ContinuousClock()
        let (start, firstStep) = (clock.now, trainer.step)
        var saved = start
        var line = ProgressLine(total: steps)
        while !trainer.isFinished && !StopSignal.isStopping {
            let report = try trainer.takeStep()
            let seconds = (clock.now - start) / .seconds(1)
            let tokensPerSecond = Double((trainer.step - firstStep) * report.tokens) / seconds
            line.show(step: trainer.step, loss: report.loss, tokensPerSecond: tokensPerSecond, tokensPerStep: report.tokens)
            try log.append(
                TrainingRecord(
                    step: trainer.step, loss: report.loss, learningRate: report.learningRate,
                    gradientNorm: report.gradientNorm, tokensPerSecond: tokensPerSecond))
            if trainer.step.isMultiple(of: evaluateEvery) || trainer.isFinished {
                let metrics = try data.measure(
                    model: model, weights: trainer.weights(), sequenceLength: recipe.unit.sequenceLength, threads: threads)
                line.clear()
                print(
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
        line.clear()
        try Files.write(trainer.state(), to: stateFile.path)
        try write(trainer.weights(), of: model)
        print(
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
        var writer = try WeightsWriter(path: temporary, model: model)
        try writer.append(weights)
        _ = try writer.finish()
        guard rename(temporary, folder.weightsFile.path) == 0 else {
            throw ValidationError("cannot write \(folder.weightsFile.path): \(String(cString: strerror(errno)))")
        }
    }
}

/// A recipe's text as token ids.
struct TrainingData {
    var tokenizer: Tokenizer
    var training: [UInt32]
    var validation: [UInt32]

    init(recipe: Recipe) throws {
        let corpus = try Corpus.read(
            paths: recipe.data.paths, separator: recipe.data.separator, excluding: recipe.data.exclude)
        let split = try corpus.split(validationShare: recipe.data.validation.share, seed: recipe.seed)
        tokenizer = try Tokenizer.train(on: split.training.map(\.text), vocabulary: recipe.tokenizer.vocabulary)
        var blobs: [Digest: [UInt8]] = [:]
        let dataset = try DatasetBuilder.build(split, tokenizer: tokenizer, options: recipe.datasetOptions) { archive in
            let digest = Digest(of: archive)
            blobs[digest] = archive
            return digest
        }
        training = try dataset.shards.flatMap { try TokenShard.decode(blobs[$0.digest] ?? []) }
        validation = try TokenShard.decode(blobs[dataset.validationShard.digest] ?? [])
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
    var gradientNorm: Float
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
        if !FileManager.default.fileExists(atPath: url.path) {
            FileManager.default.createFile(atPath: url.path, contents: nil)
        }
        handle = try FileHandle(forWritingTo: url)
        try handle.seekToEnd()
    }

    func append(_ record: some Encodable) throws {
        try handle.write(contentsOf: Data(CanonicalJSON.encode(record) + [10]))
    }
}

/// The line that shows where a training stands, rewritten in place on a terminal and absent elsewhere.
struct ProgressLine {
    var total: Int
    private let isTerminal = isatty(STDOUT_FILENO) == 1

    init(total: Int) {
        self.total = total
    }

    func show(step: Int, loss: Float, tokensPerSecond: Double, tokensPerStep: Int) {
        guard isTerminal else { return }
        let filled = 24 * step / total
        let bar = String(repeating: "█", count: filled) + String(repeating: "·", count: 24 - filled)
        let left = Int(Double((total - step) * tokensPerStep) / max(tokensPerSecond, 1))
        print(
            "\r\(bar) \(step)/\(total)  loss \(Double(loss).formatted(digits: 4))  \(Int(tokensPerSecond)) tokens/s  "
                + "\(left / 60):\(left % 60 < 10 ? "0" : "")\(left % 60) left\u{1B}[K", terminator: "")
        fflush(stdout)
    }

    func clear() {
        if isTerminal { print("\r\u{1B}[K", terminator: "") }
    }
}
