import ArgumentParser
import Checkpoints
import Foundation
import LanguageModel
import Tokenization

/// `caravan generate`: continues a prompt with a model.
struct Generate: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Continues a prompt with a model.")

    @Argument(help: "The model's folder.")
    var model: String

    @Flag(help: "Take the weights of a training's last step instead of those with the lowest validation loss.")
    var last = false

    @Option(name: .shortAndLong, help: "The text to continue; empty begins a new document.")
    var prompt = ""

    @Option(name: .shortAndLong, help: "The most tokens to generate.")
    var tokens = 200

    @Option(help: "0 always takes the likeliest token; 1 samples as the model predicts.")
    var temperature: Double = 0.8

    @Option(help: "Samples among the k likeliest tokens; 0 means all.")
    var topK = 0

    @Option(help: "Samples among the likeliest tokens that hold this share of the probability.")
    var topP = 1.0

    @Option(help: "The same seed gives the same text.")
    var seed: UInt64 = 1

    @Flag(help: "Begin another document where one ends, until all tokens are generated.")
    var severalDocuments = false

    func validate() throws {
        guard tokens > 0 else { throw ValidationError("--tokens must be positive") }
        guard temperature >= 0, temperature.isFinite else {
            throw ValidationError("--temperature must not be negative")
        }
        guard topK >= 0 else { throw ValidationError("--top-k must not be negative") }
        guard topP > 0, topP <= 1 else { throw ValidationError("--top-p must be above 0 and at most 1") }
    }

    func run() throws {
        let (weights, tokenizer) = try ModelFolder(path: model).load(last: last)
        var generator = try Generator(
            model: weights.model, weights: weights.all(),
            seed: seed, sampling: Sampling(temperature: temperature, topK: topK, topP: topP))
        // A document begins where another ended.
        var text = [tokenizer.endOfText] + tokenizer.encode(prompt)
        FileHandle.standardOutput.write(Data(prompt.utf8))
        for _ in 0..<tokens {
            let next = try generator.next(after: text)
            if next == tokenizer.endOfText && !severalDocuments { break }
            FileHandle.standardOutput.write(Data(next == tokenizer.endOfText ? [10, 10] : tokenizer.decode([next])))
            text.append(next)
        }
        FileHandle.standardOutput.write(Data("\n".utf8))
    }
}
