import Checkpoints
import Foundation
import LanguageModel
import TestSupport
import Training
import WorkUnits
import Worker

/// A slot folder with a unit that takes a moment to train.
struct ExampleSlot {
    let folder: TemporaryFolder
    let unit: WorkUnit
    let weights: [Float]
    let tokens: [UInt32]

    static let steps = 12

    /// - Parameter scale: of the base weights.
    init(
        model: ModelConfiguration = .tiny, steps: Int = Self.steps, codec: UpdateCodec = .float32,
        errorFeedback: Bool = false, scale: Float = 1
    ) throws {
        folder = try TemporaryFolder()
        weights = InitialWeights(model: model, seed: 5).values(0..<ParameterLayout(model).count).map { $0 * scale }
        var random = SplitMix64(seed: 3)
        tokens = (0..<200).map { _ in UInt32.random(in: 0..<UInt32(model.vocabulary), using: &random) }
        let base = try Self.writeBase(model, weights, to: folder.file("base.safetensors"))
        var settings = TrainingSettings.tiny
        settings.steps = steps
        let shard = try TokenShard.encode(tokens, vocabulary: model.vocabulary)
        unit = WorkUnit(
            project: SigningKey.example(1).verifyingKey, index: 0, base: base, model: model, training: settings,
            shard: Digest(of: shard), tokenCount: tokens.count, updateCodec: codec,
            errorFeedback: errorFeedback)
        try folder.write(WorkUnitArchive.encode(unit, shard: shard), to: "unit.caravan")
    }

    /// Replaces the unit by one that differs.
    func change(_ change: (inout WorkUnit) -> Void) throws {
        var unit = unit
        change(&unit)
        let shard = try TokenShard.encode(tokens, vocabulary: unit.model.vocabulary)
        unit.shard = Digest(of: shard)
        try folder.write(WorkUnitArchive.encode(unit, shard: shard), to: "unit.caravan")
    }

    static func writeBase(
        _ model: ModelConfiguration, _ weights: [Float], to path: String
    ) throws -> CheckpointReference {
        let writer = try WeightsWriter(path: path, model: model)
        try writer.append(weights)
        let file = try writer.finish()
        return CheckpointReference(version: 3, weights: file.digest, bytes: file.bytes)
    }

    /// Runs a worker whose clock moves one second a step.
    ///
    /// - Parameter stop: the step before which it is asked to stop.
    @discardableResult
    func work(threads: Int = 1, saveEvery: Double = 1000, stoppingAt stop: Int = .max) throws -> SlotWorker.Outcome {
        let worker = try SlotWorker(slot: folder.path, threads: threads)
        var step = worker.step
        return try worker.run(
            saveEvery: Seconds(saveEvery), elapsed: { Seconds(Double(step)) }, shouldStop: { step >= stop },
            report: { step = $0.step })
    }

    func update() throws -> [UInt8] { try folder.read("update.caravan") }

    /// What the worker held back after its update.
    func nextFeedback() throws -> [UInt8] { try folder.read("feedback.next") }

    /// Steps of the lines in `progress.jsonl`.
    func progressSteps() throws -> [Int] {
        try folder.read("progress.jsonl").split(separator: UInt8(ascii: "\n")).map {
            try CanonicalJSON.decode(TrainingProgress.self, from: Array($0)).step
        }
    }

    func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: folder.file(name)) }
}
