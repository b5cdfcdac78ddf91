import ArgumentParser
import Checkpoints
import Foundation
import LanguageModel
import Training
import Verification
import WorkUnits

/// What the checks on a submission cost beside the training of its unit, on one thread each.
struct CheckCostBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cost", abstract: "Time of the checks on a submission, beside the training of its unit.")

    @Option(help: "What is trained.")
    var shape = Shape.demo

    @Option(help: "Steps of the unit.")
    var steps = 64

    @Option(help: "How often each is measured.")
    var times = 3

    func run() throws {
        let model = shape.model
        let layout = ParameterLayout(model)
        let path = FileManager.default.temporaryDirectory.appending(path: "caravan-checks-\(UUID())").path
        defer { try? DurableFile.remove(path) }
        let initial = InitialWeights(model: model, seed: 1)
        let writer = try WeightsWriter(path: path, model: model)
        for range in Self.chunks(of: layout.count) { try writer.append(initial.values(range)) }
        _ = try writer.finish()
        let base = try WeightsFile(FileBytes(path: path))

        let settings = settings
        let random = CounterRandom(seed: 1, stream: 0)
        let tokens = (0...settings.tokens).map { UInt32(random.below(model.vocabulary, UInt64($0))) }
        let unit = WorkUnit(
            project: SigningKey().verifyingKey, index: 0,
            base: CheckpointReference(version: 0, weights: .zero, bytes: 1), model: model, training: settings,
            shard: .zero, tokenCount: tokens.count, updateCodec: .int4)
        let manifest = UpdateManifest(
            answering: unit, named: .zero, parameterCount: layout.count,
            losses: Array(repeating: 1, count: settings.steps), trace: .zero)
        let changes = InitialWeights(model: model, seed: 2)
        let update = try UpdateArchive.encode(manifest) { range in changes.values(range).map { $0 * 1e-3 } }

        let judge = try processorMilliseconds {
            let verdict = try UpdateJudge(unit: unit, unitDigest: .zero).judge(update, base: base).verdict
            guard verdict == .accepted else { throw BenchmarkFailure("the update is not accepted: \(verdict)") }
        }
        let before = ThisProcess.peakMegabytes
        let loss = try losses(update, base, unit, tokens)
        let peak = ThisProcess.peakMegabytes
        let sketch = try sketching(update, base, unit)
        let cohort = comparing(unit)
        let step = try stepMilliseconds(tokens)
        let training = Double(steps) * step
        print(
            Figures(
                "checks",
                [
                    "shape": shape.rawValue, "parameters": "\(layout.count)", "steps": "\(steps)",
                    "tokens": "\(settings.tokens)", "judgeMilliseconds": judge.formatted(digits: 1),
                    "sketchMilliseconds": sketch.formatted(digits: 1),
                    "cohortMilliseconds": cohort.formatted(digits: 2),
                    "passages": "\(loss.test.count)x\(loss.test.length)",
                    "lossMilliseconds": loss.each.formatted(digits: 1),
                    "versionMilliseconds": loss.version.formatted(digits: 1),
                    "testMegabytes": (peak - before).formatted(digits: 0),
                    "trainingSeconds": (training / 1000).formatted(digits: 2),
                    "share": ((judge + sketch + cohort + loss.each) / training).formatted(digits: 4),
                ]))
    }

    private var settings: TrainingSettings {
        TrainingSettings(
            steps: steps, firstStep: 0, batchSize: shape.batch, microBatchSize: shape.batch,
            sequenceLength: shape.length,
            schedule: LearningRateSchedule(peak: 1e-3, final: 1e-3, warmupSteps: 0, totalSteps: 1, restartSteps: 0),
            optimizer: OptimizerSettings(beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1),
            seed: 1, numerics: .canonical)
    }

    /// What sketching adds to a judgement.
    private func sketching(_ update: [UInt8], _ base: WeightsFile, _ unit: WorkUnit) throws -> Double {
        let archive = try UpdateArchive(update, maximumParameters: base.layout.count)
        let chunks = try (0..<archive.chunkCount).map { try archive.values(ofChunk: $0) }
        return processorMilliseconds {
            var sketching = UpdateSketching(parameters: base.layout.count, seed: 1)
            for (index, chunk) in chunks.enumerated() { sketching.add(chunk, at: index * UpdateArchive.chunkValues) }
            _ = sketching.finish()
        }
    }

    /// Comparing with as many as are remembered.
    private func comparing(_ unit: WorkUnit) -> Double {
        var cohort = Cohort()
        func member(_ number: Int) -> Cohort.Member {
            let random = CounterRandom(seed: UInt64(number), stream: 5)
            var sketching = UpdateSketching(parameters: UpdateSketch.places, seed: 1)
            sketching.add((0..<UpdateSketch.places).map { Float(random.unit(UInt64($0)) - 0.5) }, at: 0)
            return Cohort.Member(
                unit, named: Digest(of: "unit \(number)".utf8), sketch: sketching.finish(),
                change: LossChange(own: -0.1, other: 0))
        }
        for number in 0..<1024 { _ = cohort.take(member(number)) }
        let newest = member(1024)
        return processorMilliseconds { _ = cohort.take(newest) }
    }

    /// - Returns: milliseconds of each update, and what each version needs once.
    private func losses(
        _ update: [UInt8], _ base: WeightsFile, _ unit: WorkUnit, _ tokens: [UInt32]
    ) throws -> (test: LossTest, each: Double, version: Double) {
        guard let test = LossTest(unit.training, share: 0.015) else {
            throw BenchmarkFailure("\(steps) steps afford no loss test: take more")
        }
        let archive = try UpdateArchive(update, maximumParameters: base.layout.count)
        let passages = test.passages(of: tokens, random: CounterRandom(seed: 1, stream: 1))
        let each = try processorMilliseconds {
            let meter = LossMeter(test, model: unit.model)
            try meter.load { try base.values($0) }
            _ = meter.loss(on: passages)
            try meter.add { try archive.values(ofChunk: $0.lowerBound / UpdateArchive.chunkValues) }
            _ = meter.loss(on: passages)
            _ = meter.loss(on: passages)
        }
        let meter = LossMeter(test, model: unit.model)
        return (test, each, processorMilliseconds { _ = meter.loss(on: passages) })
    }

    private func stepMilliseconds(_ tokens: [UInt32]) throws -> Double {
        var settings = settings
        settings.steps = times + 1
        let trainer = try Trainer(
            model: shape.model, settings: settings, weights: InitialWeights(model: shape.model, seed: 1).all(),
            tokens: tokens, threads: 1)
        return try processorMilliseconds { try trainer.takeStep() }
    }

    /// Processor time, the median of some repetitions after one: others may be at work here.
    private func processorMilliseconds(_ work: () throws -> Void) rethrows -> Double {
        try work()
        return try (0..<times).map { _ in
            let start = ThisProcess.processorSeconds
            try work()
            return 1000 * (ThisProcess.processorSeconds - start)
        }.median
    }

    private static func chunks(of count: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: 1 << 20).map { $0..<min($0 + 1 << 20, count) }
    }
}
