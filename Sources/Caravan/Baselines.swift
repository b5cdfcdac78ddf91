import ArgumentParser
import Checkpoints
import Foundation
import Recipes
import Tokenization
import Training
import WorkUnits

/// `caravan baselines`: what counting alone predicts of a recipe's held-out text.
struct Baselines: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures unigram, bigram and trigram models on a recipe's held-out text.",
        discussion: """
            They count the tokens that 'caravan train' would train on, with the same tokenizer, and are measured on the \
            same held-out tokens. Smoothing: interpolated modified Kneser-Ney, its discounts from the training counts.
            """)

    @OptionGroup var source: RecipeSource

    @Option(help: "A model's folder, trained with this recipe and data, to be measured beside them.")
    var model: String?

    @Option(help: "Threads to compute with.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        try ThreadCount.validate(threads)
    }

    func run() throws {
        let recipe = try source.load()
        let data = try TrainingData(
            recipe: recipe, recipePath: source.recipe, threads: threads, report: { json ? () : Terminal.print($0) })
        var rows: [(name: String, metrics: Metrics)] = []
        for (index, name) in ["unigram", "bigram", "trigram"].enumerated() {
            let counted = try NGramModel(
                order: index + 1, tokens: data.training, vocabulary: recipe.modelConfiguration.vocabulary)
            rows.append(
                (name, try counted.measure(tokens: data.validation, byteCount: { data.tokenizer.byteCount(of: $0) })))
        }
        if let model { rows.append(("this model", try measure(ModelFolder(path: model), data, recipe))) }
        if json {
            let table = Dictionary(uniqueKeysWithValues: rows.map { ($0.name, $0.metrics) })
            print(String(decoding: try CanonicalJSON.encode(table), as: UTF8.self))
        } else {
            print(Self.table(rows, vocabulary: data.tokenizer.vocabulary).joined(separator: "\n"))
        }
    }

    private func measure(_ folder: ModelFolder, _ data: TrainingData, _ recipe: Recipe) throws -> Metrics {
        let (weights, tokenizer) = try folder.load()
        guard tokenizer == data.tokenizer else {
            throw CommandFailure("\(folder.url.path): its tokenizer is not the one that this recipe and data give")
        }
        return try data.measure(
            model: weights.model, weights: weights.all(), sequenceLength: recipe.unit.sequenceLength, threads: threads)
    }

    private static func table(_ rows: [(name: String, metrics: Metrics)], vocabulary: Int) -> [String] {
        func line(_ cells: [String]) -> String {
            zip(cells, [10, 9, 12, 11, 11]).map { cell, width in
                let padding = String(repeating: " ", count: max(width - cell.count, 0))
                return width == 10 ? cell + padding : padding + cell
            }.joined(separator: "  ")
        }
        let counts = rows.first.map { "\($0.metrics.tokens) held-out tokens, \($0.metrics.bytes) bytes" } ?? ""
        return [line(["", "loss", "perplexity", "bits/byte", "token acc."])]
            + rows.map { name, metrics in
                line([
                    name, metrics.loss.formatted(digits: 4), metrics.perplexity.formatted(digits: 2),
                    metrics.bitsPerByte.formatted(digits: 4),
                    (100 * metrics.tokenAccuracy).formatted(digits: 2) + " %",
                ])
            }
            + ["\(counts); loss in nats per token, perplexity of a byte-level BPE with \(vocabulary) entries"]
    }
}
