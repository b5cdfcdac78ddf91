import ArgumentParser
import Documents
import Foundation
import Tokenization

/// `caravan tokenizer`: byte-level BPE, saved as a Hugging Face `tokenizer.json`.
struct TokenizerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenizer", abstract: "Trains and applies byte-level BPE tokenizers.",
        subcommands: [TrainTokenizer.self, Encode.self, Decode.self])
}

struct TrainTokenizer: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Trains a tokenizer on text files and writes it as tokenizer.json.")

    /// Text that is counted at once.
    private static let batchBytes = 16 << 20

    @OptionGroup var text: TextArguments

    @Option(help: "Entries: 256 bytes, merges, the end-of-text token, and other special tokens.")
    var vocabulary = 4096

    @Option(help: "How text is divided into words: gpt2 or gpt4.")
    var pattern = SplitPattern.gpt2

    @Option(name: .customLong("special"), help: "A special token beside <|endoftext|>; may be given several times.")
    var specialTokens: [String] = []

    @Option(help: "Threads. They change nothing but time.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    @Option(name: .shortAndLong, help: "The file to write.")
    var output = "tokenizer.json"

    func run() throws {
        var counts = WordCounts(pattern: pattern)
        var batch: [[UInt8]] = []
        var (waiting, documents) = (0, 0)
        for path in try text.files() {
            for reading in try DocumentReader(path: path, options: text.reading) {
                let text = try reading.document().text
                batch.append(text)
                waiting += text.count
                documents += 1
                guard waiting >= Self.batchBytes else { continue }
                counts.add(batch, threads: threads)
                (batch, waiting) = ([], 0)
            }
        }
        counts.add(batch, threads: threads)
        let bytes = counts.bytes
        let tokenizer = try Tokenizer.train(on: counts, vocabulary: vocabulary, specialTokens: specialTokens)
        try Files.write(tokenizer.json(), to: output)
        print("\(output): \(tokenizer.vocabulary) entries from \(documents) documents of \(bytes) bytes")
    }

    func validate() throws {
        guard threads >= 1 else { throw ValidationError("--threads \(threads): at least 1") }
    }
}

struct Encode: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints the token ids of a text, or of standard input.")

    @Option(help: "The tokenizer.json.")
    var tokenizer: String

    @Argument(help: "The text; without it, standard input is read.")
    var text: String?

    @Flag(help: "Encode each line of standard input by itself, and print a line of ids for it.")
    var lines = false

    @Option(help: "Threads, for --lines.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    func run() throws {
        let tokenizer = try Tokenizer(json: Files.read(tokenizer))
        if lines {
            try encodeLines(BatchEncoder(tokenizer, threads: threads))
        } else {
            let bytes = try text.map { Array($0.utf8) } ?? Array(FileHandle.standardInput.readToEnd() ?? Data())
            print(Self.line(tokenizer.encode(bytes: bytes)), terminator: "")
        }
    }

    func validate() throws {
        guard threads >= 1 else { throw ValidationError("--threads \(threads): at least 1") }
        if lines, text != nil { throw ValidationError("--lines reads standard input: leave the text out") }
    }

    /// Reads, encodes and prints some megabytes at a time. A line's end is not part of it.
    private func encodeLines(_ encoder: BatchEncoder) throws {
        var rest: [UInt8] = []
        while let data = try FileHandle.standardInput.read(upToCount: 1 << 22), !data.isEmpty {
            rest += data
            guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { continue }
            let texts = rest[..<end].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(
                Array.init)
            rest.removeSubrange(...end)
            write(encoder.encode(texts))
        }
        if !rest.isEmpty { write(encoder.encode([rest])) }
    }

    private func write(_ ids: [[UInt32]]) {
        FileHandle.standardOutput.write(Data(ids.map(Self.line).joined().utf8))
    }

    private static func line(_ ids: [UInt32]) -> String {
        ids.map(String.init).joined(separator: " ") + "\n"
    }
}

struct Decode: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints the text of token ids, from the arguments or standard input.")

    @Option(help: "The tokenizer.json.")
    var tokenizer: String

    @Argument(help: "Token ids.")
    var ids: [UInt32] = []

    func run() throws {
        let tokenizer = try Tokenizer(json: Files.read(tokenizer))
        var ids = ids
        if ids.isEmpty {
            let words = String(decoding: try FileHandle.standardInput.readToEnd() ?? Data(), as: UTF8.self)
                .split(whereSeparator: \.isWhitespace)
            ids = try words.map { word in
                guard let id = UInt32(word) else { throw CommandFailure("'\(word)' is not a token id") }
                return id
            }
        }
        if let unknown = ids.first(where: { $0 >= tokenizer.vocabulary }) {
            throw CommandFailure("\(unknown) is not a token of this tokenizer: it has \(tokenizer.vocabulary)")
        }
        FileHandle.standardOutput.write(Data(tokenizer.decode(ids)))
    }
}

extension SplitPattern: ExpressibleByArgument {}
