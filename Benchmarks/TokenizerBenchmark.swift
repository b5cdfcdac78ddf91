import ArgumentParser
import Foundation
import Tokenization

/// Training and encoding of the tokenizer, beside `peers/tokenizers.sh`.
struct TokenizerBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenizer", abstract: "Time of training a tokenizer, and of encoding.",
        subcommands: [TokenizerTraining.self, TokenizerEncoding.self, TokenizerIds.self])
}

struct TokenizerTraining: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Time of training on a text in memory.")

    @OptionGroup var text: BenchmarkText

    @Option(help: "Entries.")
    var vocabulary = 32_000

    @Option(help: "How text is divided into words: gpt2 or gpt4.")
    var pattern = SplitPattern.gpt2

    @Option(help: "The tokenizer.json to write.")
    var output: String?

    func run() throws {
        let texts = try text.read()
        let start = ContinuousClock.now
        var counts = WordCounts(pattern: pattern)
        counts.add(texts, threads: text.threads)
        let (words, counting) = (counts.distinctWords, ContinuousClock.now - start)
        let tokenizer = try Tokenizer.train(on: counts, vocabulary: vocabulary)
        let all = ContinuousClock.now - start
        if let output { try Data(tokenizer.json()).write(to: URL(filePath: output)) }
        print(
            Figures(
                "tokenizer-train",
                [
                    "megabytes": text.megabytes(texts), "threads": "\(text.threads)",
                    "vocabulary": "\(tokenizer.vocabulary)", "words": "\(words)",
                    "countingSeconds": (counting.milliseconds / 1000).formatted(digits: 3),
                    "seconds": (all.milliseconds / 1000).formatted(digits: 3),
                    "processorSeconds": ThisProcess.processorSeconds.formatted(digits: 3),
                    "peakMegabytes": ThisProcess.peakMegabytes.formatted(digits: 0),
                ]))
    }
}

struct TokenizerEncoding: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "encode",
        abstract: "Speed of encoding a text in memory, each time with an encoder that knows none.")

    @OptionGroup var text: BenchmarkText

    @Option(help: "The tokenizer.json.")
    var tokenizer: String

    @Option(help: "How often the text is encoded.")
    var times = 3

    func run() throws {
        let tokenizer = try Tokenizer(json: Array(Data(contentsOf: URL(filePath: tokenizer))))
        let texts = try text.read()
        var tokens = 0
        let before = ThisProcess.processorSeconds
        let milliseconds = measure(seconds: 0, warmUp: 0, atLeast: times) {
            tokens = tokenizer.encode(texts, threads: text.threads).reduce(0) { $0 + $1.count }
        }
        let processor = (ThisProcess.processorSeconds - before) / Double(times)
        let megabytes = Double(texts.reduce(0) { $0 + $1.count }) / 1e6
        print(
            Figures(
                "tokenizer-encode",
                [
                    "megabytes": text.megabytes(texts), "threads": "\(text.threads)", "tokens": "\(tokens)",
                    "megabytesPerSecond": (megabytes / milliseconds.median * 1000).formatted(digits: 1),
                    "megabytesPerProcessorSecond": (megabytes / processor).formatted(digits: 1),
                ]))
    }
}

struct TokenizerIds: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ids", abstract: "Encodes texts of standard input, each after its length in bytes.",
        discussion: "Lengths and ids are 32 bits, least first; the ids of a text follow their number.")

    @Option(help: "The tokenizer.json.")
    var tokenizer: String

    @Option(help: "Threads.")
    var threads = 2

    func run() throws {
        let tokenizer = try Tokenizer(json: Array(Data(contentsOf: URL(filePath: tokenizer))))
        var input = try (FileHandle.standardInput.readToEnd() ?? Data())[...]
        var texts: [[UInt8]] = []
        while !input.isEmpty {
            let length = input.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            guard input.count >= 4 + length else { throw ValidationError("a text is cut off") }
            texts.append(Array(input.dropFirst(4).prefix(length)))
            input = input.dropFirst(4 + length)
        }
        let output = tokenizer.encode(texts, threads: threads).flatMap { ids in
            ([UInt32(ids.count)] + ids).flatMap { id in (0..<4).map { UInt8(truncatingIfNeeded: id >> (8 * $0)) } }
        }
        FileHandle.standardOutput.write(Data(output))
    }
}

/// A file as documents of about 4 kB that end with lines.
struct BenchmarkText: ParsableArguments {
    @Argument(help: "A text file.")
    var file: String

    @Option(help: "Threads.")
    var threads = 2

    func read() throws -> [[UInt8]] {
        let bytes = Array(try Data(contentsOf: URL(filePath: file)))
        var (texts, start) = ([] as [[UInt8]], 0)
        while start < bytes.count {
            var end = min(start + 4096, bytes.count)
            while end < bytes.count, bytes[end - 1] != UInt8(ascii: "\n") { end += 1 }
            texts.append(Array(bytes[start..<end]))
            start = end
        }
        return texts
    }

    func megabytes(_ texts: [[UInt8]]) -> String {
        (Double(texts.reduce(0) { $0 + $1.count }) / 1e6).formatted(digits: 1)
    }
}

extension SplitPattern: ExpressibleByArgument {}
