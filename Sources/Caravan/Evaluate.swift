import ArgumentParser
import Checkpoints
import Documents
import Foundation
import Tokenization
import Training
import WorkUnits

/// `caravan evaluate`: how well a model predicts text that it was not trained on.
struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures a model on text: loss, perplexity, bits per byte, token accuracy.",
        discussion: "Use text that the model was not trained on: anything else flatters it.")

    @Argument(help: "The model's folder.")
    var model: String

    @Flag(help: "Take the weights of a training's last step instead of those with the lowest validation loss.")
    var last = false

    @OptionGroup var text: TextArguments

    @Option(help: "Threads to compute with.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        try ThreadCount.validate(threads)
    }

    func run() throws {
        let (weights, tokenizer) = try ModelFolder(path: model).load(last: last)
        var encoder = TokenEncoder(tokenizer)
        var tokens: [UInt32] = []
        for path in try text.files() {
            for reading in try DocumentReader(path: path, options: text.reading) {
                try reading.document().text.withUnsafeBytes { encoder.encode($0, into: &tokens) }
                tokens.append(tokenizer.endOfText)
            }
        }
        let metrics = try Evaluation.measure(
            model: weights.model, weights: weights.all(), tokens: tokens, sequenceLength: weights.model.context,
            threads: threads, byteCount: { tokenizer.byteCount(of: $0) })
        if json {
            print(String(decoding: try CanonicalJSON.encode(metrics), as: UTF8.self))
        } else {
            print(metrics.lines(vocabulary: tokenizer.vocabulary).joined(separator: "\n"))
        }
    }
}

enum ThreadCount {
    static func validate(_ threads: Int) throws {
        guard (1...1024).contains(threads) else { throw ValidationError("--threads must be between 1 and 1024") }
    }
}

extension Metrics {
    /// One line for each figure, with what it depends on.
    func lines(vocabulary: Int) -> [String] {
        [
            "loss            \(loss.formatted(digits: 4)) nats per token",
            "perplexity      \(perplexity.formatted(digits: 2)) (byte-level BPE, \(vocabulary) entries)",
            "bits per byte   \(bitsPerByte.formatted(digits: 4))",
            "token accuracy  \((100 * tokenAccuracy).formatted(digits: 2)) % of \(tokens) tokens, \(bytes) bytes",
        ]
    }
}

extension Double {
    func formatted(digits: Int) -> String { String(format: "%.\(digits)f", self) }
}
