import ArgumentParser
import Checkpoints
import Foundation
import LanguageModel
import Recipes
import Tokenization
import Training
import WorkUnits

/// `caravan inspect`: what a file is and what stands in it.
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Tells what a file is: weights, work unit, update, token shard, tokenizer or recipe.",
        discussion: "Of a recipe it tells how much memory a worker will need for one of its units.")

    @Argument(help: "The file.")
    var file: String

    @Option(help: "Threads for which a recipe's memory is counted.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    func validate() throws {
        guard (1...1024).contains(threads) else { throw ValidationError("--threads must be 1 to 1024.") }
    }

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
        if file.hasSuffix(".yaml") || file.hasSuffix(".yml") {
            return Self.lines(try Recipe.parse(Recipe.text(ofFileAt: file), path: file), threads: threads)
        }
        throw CommandFailure(
            "\(file) is none of: safetensors weights of a GPT-2 model, work unit, update, token shard, tokenizer.json, "
                + "recipe (.yaml)")
    }

    private static func lines(_ unit: WorkUnit, digest: Digest) -> [String] {
        [
            "work unit \(digest)",
            "index      \(unit.index) of project \(unit.project)",
            "base       version \(unit.base.version), weights \(unit.base.weights)",
            "shard      \(unit.shard), \(unit.tokenCount) tokens from token \(unit.firstToken) on",
            "training   \(unit.training.steps) steps of \(unit.training.batchSize) × \(unit.training.sequenceLength) tokens, "
                + "seed \(unit.training.seed), \(unit.training.numerics) numerics, from step \(unit.training.firstStep)",
            "update     \(unit.updateCodec)\(unit.errorFeedback ? ", with error feedback" : "")",
        ] + lines(unit.model)
    }

    private static func lines(_ recipe: Recipe, threads: Int) -> [String] {
        let (model, settings) = (recipe.modelConfiguration, recipe.trainingSettings(firstStep: 0, seed: recipe.seed))
        func need(_ recompute: Recompute) -> MemoryNeed {
            var settings = settings
            settings.recompute = recompute
            return MemoryNeed(model: model, settings: settings, tokens: recipe.tokensPerShard, threads: threads)
        }
        func megabytes(_ bytes: Int) -> String { "\((bytes + 500_000) / 1_000_000) MB" }
        let own = need(settings.recompute)
        let others = Recompute.allCases.filter { $0 != settings.recompute }
        return [
            "recipe \(recipe.name)",
            "units      \(settings.steps) steps of \(settings.batchSize) × \(settings.sequenceLength) tokens, "
                + "\(settings.numerics) numerics, \(settings.optimizer.kind)",
            "memory     \(megabytes(own.total)) for a worker with \(threads) threads",
            "           weights \(megabytes(own.weights)), gradients \(megabytes(own.gradients)), "
                + "optimizer \(megabytes(own.optimizer)), tokens \(megabytes(own.tokens))",
            "           activations \(megabytes(own.activations)) (\(settings.activations), recompute "
                + "\(settings.recompute)), working memory \(megabytes(own.working)), program \(megabytes(MemoryNeed.program))",
        ] + others.map { "           with recompute \($0): \(megabytes(need($0).total))" }
            + ["parameters \(ParameterLayout(model).count)"] + lines(model)
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
