import ArgumentParser
import LanguageModel
import Training
import WorkUnits

/// Training steps on random tokens: one line of figures per run.
struct TrainBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "train", abstract: "Median time of a training step.")

    @Option(help: "Shapes to train: \(Shape.allCases.map(\.rawValue).joined(separator: ", ")).")
    var shape = Shape.small

    @Option(help: "Threads that compute.")
    var threads = 2

    @Option(help: "Sequences held at once. Default: the shape's own.")
    var microBatch: Int?

    @Option(help: "openblas or canonical.")
    var numerics = Numerics.openblas

    @Option(help: "Seconds to measure for, at least six steps.")
    var seconds = 10.0

    mutating func run() throws {
        let trainer = try makeTrainer()
        for _ in 0..<3 { try trainer.takeStep() }
        let clock = ContinuousClock()
        let end = clock.now + .seconds(seconds)
        var times: [Double] = []
        while times.count < 6 || clock.now < end {
            let time = try clock.measure { try trainer.takeStep() }
            times.append(time / .milliseconds(1))
        }
        times.sort()
        let (median, tokens) = (times[times.count / 2], trainer.settings.batchSize * trainer.settings.sequenceLength)
        print(
            "train shape=\(shape) threads=\(threads) microBatch=\(trainer.settings.microBatchSize) steps=\(times.count)",
            "medianMilliseconds=\(round(median)) p10=\(round(times[times.count / 10])) p90=\(round(times[times.count * 9 / 10]))",
            "tokensPerSecond=\(Int(Double(tokens) / median * 1000))")
    }

    private func makeTrainer() throws -> Trainer {
        let model = shape.model
        let settings = TrainingSettings(
            steps: 1_000_000, firstStep: 0, batchSize: shape.batch, microBatchSize: microBatch ?? shape.microBatch,
            sequenceLength: shape.length,
            schedule: LearningRateSchedule(peak: 1e-4, final: 1e-4, warmupSteps: 0, totalSteps: 1, restartSteps: 0),
            optimizer: OptimizerSettings(beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1),
            seed: 1, numerics: numerics)
        let random = CounterRandom(seed: 1, stream: 0)
        let tokens = (0...64 * shape.batch * shape.length).map { UInt32(random.below(model.vocabulary, UInt64($0))) }
        return try Trainer(
            model: model, settings: settings, weights: InitialWeights(model: model, seed: 1).all(), tokens: tokens,
            threads: threads)
    }

    private func round(_ milliseconds: Double) -> Double { (milliseconds * 10).rounded() / 10 }
}

/// What is trained.
enum Shape: String, ExpressibleByArgument, CaseIterable {
    /// The one called S in the reference figures: 4 layers of 128, vocabulary 512.
    case small = "S"
    /// The one of `make demo`: vocabulary 1024.
    case demo
    /// 6 layers of 512, vocabulary 32000: 35.8 million parameters without positions.
    case medium = "M256"
    /// GPT-2 small.
    case large = "L64"

    var model: ModelConfiguration {
        switch self {
        case .small: ModelConfiguration(layers: 4, width: 128, heads: 4, vocabulary: 512, context: 128)
        case .demo: ModelConfiguration(layers: 4, width: 128, heads: 4, vocabulary: 1024, context: 128)
        case .medium: ModelConfiguration(layers: 6, width: 512, heads: 8, vocabulary: 32000, context: 256)
        case .large: ModelConfiguration(layers: 12, width: 768, heads: 12, vocabulary: 50257, context: 1024)
        }
    }

    var length: Int {
        switch self {
        case .small, .demo: 128
        case .medium: 256
        case .large: 64
        }
    }

    var batch: Int {
        switch self {
        case .small, .demo: 16
        case .medium, .large: 4
        }
    }

    var microBatch: Int { min(batch, 16) }
}
extension Numerics: ExpressibleByArgument {}
