import ArgumentParser
import WorkUnits

/// What is measured, and on how many threads.
struct Workload: ParsableArguments {
    @Option(help: "What is trained.")
    var shape = Shape.small

    @Option(help: "Threads that compute.")
    var threads = 2

    @Option(help: "Sequences of a step. Default: the shape's own.")
    var batch: Int?

    func validate() throws {
        guard threads >= 1 else { throw ValidationError("--threads \(threads): at least 1") }
        guard sequences >= 1 else { throw ValidationError("--batch \(sequences): at least 1") }
    }

    var sequences: Int { batch ?? shape.batch }
    var tokens: Int { sequences * shape.length }

    /// AdamW, canonical, all sequences of a step at once.
    func settings(steps: Int) -> TrainingSettings {
        TrainingSettings(
            steps: steps, firstStep: 0, batchSize: sequences, microBatchSize: sequences, sequenceLength: shape.length,
            schedule: LearningRateSchedule(peak: 1e-4, final: 1e-4, warmupSteps: 0, totalSteps: 1, restartSteps: 0),
            optimizer: OptimizerSettings(beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1),
            seed: 1, numerics: .canonical)
    }
}

extension Numerics: ExpressibleByArgument {}
extension ActivationPrecision: ExpressibleByArgument {}
extension Recompute: ExpressibleByArgument {}
