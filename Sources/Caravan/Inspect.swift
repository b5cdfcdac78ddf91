import ArgumentParser
import Checkpoints
import Foundation
import LanguageModel
import Tokenization
import WorkUnits

/// `caravan inspect`: what a file is and what stands in it.
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tells what a file is: weights, work unit, update, token shard or tokenizer.")

    @Argument(help: "The file.")
    var file: String

    func run() throws {
        let content: FileBytes
        do {
            content = try FileBytes(path: file)
        } catch {
            throw CommandFailure("\(file): \(error.reason)")
        }
        for line in try description(content) {
            print(line)
        }
    }

    private func description(_ content: FileBytes) throws -> [String] {
        if let archive = try? Archive(content) {
            switch archive.kind {
            case .tokens:
                return try ["token shard of \(TokenShard.decode(content).count) tokens, \(content.count) bytes"]
            case .unit: return try Self.lines(WorkUnitArchive.decode(content).unit, digest: Digest(reading: content))
            case .update: return try Self.lines(UpdateArchive(content, maximumParameters: 1 << 40), content)
            }
        }
        if let weights = try? WeightsFile(content) {
            return Self.lines(weights)
        }
        if let tokenizer = try? Tokenizer(json: Files.read(file)) {
            return ["tokenizer of \(tokenizer.vocabulary) entries, byte-level BPE"]
        }
        throw CommandFailure(
            "\(file) is none of: safetensors weights of a GPT-2 model, work unit, update, token shard, tokenizer.json")
    }

    private static func lines(_ unit: WorkUnit, digest: Digest) -> [String] {
        [
            "work unit \(digest)",
            "index      \(unit.index) of project \(unit.project)",
            "base       version \(unit.base.version), weights \(unit.base.weights)",
            "shard      \(unit.shard), \(unit.tokenCount) tokens",
            "training   \(unit.training.steps) steps of \(unit.training.batchSize) × \(unit.training.sequenceLength) tokens, "
                + "seed \(unit.training.seed), \(unit.training.numerics) numerics, from step \(unit.training.firstStep)",
            "update     \(unit.updateCodec)",
        ] + lines(unit.model)
    }

    private static func lines(_ update: UpdateArchive, _ content: FileBytes) throws -> [String] {
        var squares = 0.0
        var largest: Float = 0
        for chunk in 0..<update.chunkCount {
            for value in try update.values(ofChunk: chunk) {
                squares += Double(value) * Double(value)
                largest = max(largest, abs(value))
            }
        }
        let manifest = update.manifest
        return [
            "update \(try Digest(reading: content))",
            "unit       \(manifest.unit)",
            "base       weights \(manifest.base)",
            "values     \(manifest.parameterCount) as \(manifest.codec) in \(content.count) bytes, "
                + "L2 norm \(squares.squareRoot()), largest \(largest)",
            "tokens     \(manifest.tokens) in \(manifest.losses.count) steps, loss "
                + "\(manifest.losses.first ?? .nan) → \(manifest.losses.last ?? .nan)",
        ]
    }

    private static func lines(_ weights: WeightsFile) -> [String] {
        ["weights of \(weights.layout.count) parameters, float32 safetensors"] + lines(weights.model)
            + weights.layout.tensors.map { "  \($0.name) \($0.shape)" }
    }

    private static func lines(_ model: ModelConfiguration) -> [String] {
        [
            "model      GPT-2, \(model.layers) layers × \(model.width), \(model.heads) heads, vocabulary "
                + "\(model.vocabulary), context \(model.context)"
        ]
    }
}
