import ArgumentParser
import Foundation
import LanguageModel
import Training
import WorkUnits

/// Training steps on random tokens.
struct TrainBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Time of a training step, peak memory, and time to the first step.")

    @OptionGroup var workload: Workload

    @Option(help: "Sequences held at once. Default: all of the step.")
    var microBatch: Int?

    @Option(help: "Which arithmetic.")
    var numerics = Numerics.canonical

    @Option(help: "How activations are kept.")
    var activations = ActivationPrecision.float32

    @Option(help: "What the backward pass computes again.")
    var recompute = Recompute.none

    @Option(help: "Seconds to measure for, at least three steps.")
    var seconds = 10.0

    @Option(help: "Added to the nice value of this process.")
    var nice: Int32 = 0

    mutating func run() throws {
        // Before any thread is started: on Linux each has a value of its own.
        if nice != 0 { _ = Foundation.nice(nice) }
        let (trainer, making) = try makeTrainer()
        let start = ThisProcess.age
        let need = MemoryNeed(
            model: trainer.model, settings: trainer.settings, tokens: tokenCount, threads: workload.threads)
        let times = try measure(seconds: seconds) { try trainer.takeStep() }
        print(
            Figures(
                "train",
                [
                    "shape": workload.shape.rawValue, "threads": "\(workload.threads)",
                    "batch": "\(workload.sequences)", "microBatch": "\(trainer.settings.microBatchSize)",
                    "numerics": numerics.rawValue, "activations": activations.rawValue,
                    "recompute": recompute.rawValue, "nice": "\(nice)", "steps": "\(times.count)",
                    "medianMilliseconds": times.median.formatted(digits: 1),
                    "p10": times.quantile(0.1).formatted(digits: 1), "p90": times.quantile(0.9).formatted(digits: 1),
                    "meanMilliseconds": times.mean.formatted(digits: 1),
                    "tokensPerSecond": (Double(workload.tokens) / times.median * 1000).formatted(digits: 1),
                    "neededMegabytes": ThisProcess.megabytes(need.total).formatted(digits: 0),
                    "activationMegabytes": ThisProcess.megabytes(need.activations).formatted(digits: 0),
                    "peakMegabytes": ThisProcess.peakMegabytes.formatted(digits: 0),
                    "secondsToFirstStep": start.formatted(digits: 2),
                    "secondsMakingInputs": (making.milliseconds / 1000).formatted(digits: 2),
                ]))
    }

    /// Enough for 64 different steps.
    private var tokenCount: Int { 64 * workload.tokens + 1 }

    /// - Returns: how long it took to make up weights and tokens, too, which a worker is given.
    private func makeTrainer() throws -> (trainer: Trainer, making: Duration) {
        let model = workload.shape.model
        let (clock, random, initial) = (
            ContinuousClock(), CounterRandom(seed: 1, stream: 0), InitialWeights(model: model, seed: 1)
        )
        var tokens: [UInt32] = []
        var making = clock.measure {
            tokens = (0..<tokenCount).map { UInt32(random.below(model.vocabulary, UInt64($0))) }
        }
        var settings = workload.settings(steps: 1_000_000)
        settings.microBatchSize = microBatch ?? workload.sequences
        (settings.numerics, settings.activations, settings.recompute) = (numerics, activations, recompute)
        let trainer = try Trainer(model: model, settings: settings, tokens: tokens, threads: workload.threads) {
            range in
            var weights: [Float] = []
            making += clock.measure { weights = initial.values(range) }
            return weights
        }
        return (trainer, making)
    }
}
