import LanguageModel
import Tokenization
import Training
import WorkUnits

/// A small federation in memory: text cut into units, training, int4 there and back, plain means.
struct TrainedUnits {
    let model: ModelConfiguration
    let versions: Int
    /// Of each version.
    let unitsEach: Int
    let steps: Int
    /// Of the learning rate.
    let peak: Double
    let threads: Int
    private let tokens: [UInt32]
    /// Where units' texts begin, in a random order.
    private let starts: [Int]
    var weights: [Float]

    private static let batch = 8
    private static let project = SigningKey().verifyingKey

    init(
        _ text: [[UInt8]], model: ModelConfiguration, versions: Int, unitsEach: Int, steps: Int, peak: Double,
        threads: Int
    ) throws {
        self.model = model
        self.versions = versions
        self.unitsEach = unitsEach
        self.steps = steps
        self.peak = peak
        self.threads = threads
        var counts = WordCounts(pattern: .gpt2)
        counts.add(text, threads: threads)
        let tokenizer = try Tokenizer.train(on: counts, vocabulary: model.vocabulary)
        tokens = tokenizer.encode(text, threads: threads).flatMap { $0 }
        let (size, random) = (steps * Self.batch * model.context, CounterRandom(seed: 1, stream: 9))
        starts = stride(from: 0, to: tokens.count - size, by: size)
            .sorted { (random[UInt64($0)], $0) < (random[UInt64($1)], $1) }
        guard starts.count > unitsEach else {
            throw BenchmarkFailure("\(tokens.count) tokens are too few for units of \(size): name a longer text")
        }
        weights = InitialWeights(model: model, seed: 1).all()
    }

    /// A unit's own text; the same again once every text was.
    func text(of index: Int) -> [UInt32] {
        let start = starts[index % starts.count]
        return Array(tokens[start...start + steps * Self.batch * model.context])
    }

    func honestUpdate(of index: Int, version: Int) throws -> [Float] {
        let settings = settings(version: version, seed: UInt64(index))
        return try sent(train(settings, on: text(of: index), after: [steps])[steps] ?? [], as: name(index))
    }

    func settings(version: Int, seed: UInt64) -> TrainingSettings {
        TrainingSettings(
            steps: steps, firstStep: version * steps, batchSize: Self.batch, microBatchSize: Self.batch,
            sequenceLength: model.context,
            schedule: LearningRateSchedule(
                peak: peak, final: peak / 10, warmupSteps: 50, totalSteps: versions * steps, restartSteps: 10),
            optimizer: OptimizerSettings(beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1),
            seed: seed, numerics: .canonical)
    }

    func unit(_ index: Int, version: Int) -> WorkUnit {
        WorkUnit(
            project: Self.project, index: index,
            base: CheckpointReference(version: version, weights: Digest(of: "version \(version)".utf8), bytes: 1),
            model: model, training: settings(version: version, seed: UInt64(index)),
            shard: Digest(of: "text \(index % starts.count)".utf8), tokenCount: steps * Self.batch * model.context + 1,
            updateCodec: .int4)
    }

    func name(_ index: Int) -> Digest { Digest(of: "unit \(index)".utf8) }

    /// Trains from the weights as they are.
    ///
    /// - Parameter after: at which steps a difference is given.
    func train(_ settings: TrainingSettings, on tokens: [UInt32], after: [Int]) throws -> [Int: [Float]] {
        let trainer = try Trainer(model: model, settings: settings, weights: weights, tokens: tokens, threads: threads)
        var differences: [Int: [Float]] = [:]
        while !trainer.isFinished {
            try trainer.takeStep()
            if after.contains(trainer.step) { differences[trainer.step] = zip(trainer.weights(), weights).map(-) }
        }
        return differences
    }

    /// As it arrives.
    func sent(_ difference: [Float], as unit: Digest, by codec: UpdateCodec = .int4) throws -> [Float] {
        var arrived: [Float] = []
        for start in stride(from: 0, to: difference.count, by: UpdateArchive.chunkValues) {
            let chunk = Array(difference[start..<min(start + UpdateArchive.chunkValues, difference.count)])
            arrived += try codec.decode(codec.encode(chunk, first: start, unit: unit), count: chunk.count)
        }
        return arrived
    }

    mutating func merge(_ updates: [[Float]]) {
        for index in weights.indices {
            let sum = updates.reduce(0.0) { $0 + Double($1[index]) }
            weights[index] += Float(sum / Double(updates.count))
        }
    }
}

struct BenchmarkFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
