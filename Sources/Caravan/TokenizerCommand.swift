import ArgumentParser
import Datasets
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

    @Argument(help: "Text files or folders of them, UTF-8.")
    var paths: [String]

    @Option(help: "Entries: 256 bytes, merges, and the end-of-text token.")
    var vocabulary = 4096

    @Option(help: "A line that divides the documents of a file, such as %.")
    var separator: String?

    @Option(help: "File names to leave out, such as '*.dat'.")
    var exclude: [String] = []

    @Option(name: .shortAndLong, help: "The file to write.")
    var output = "tokenizer.json"

    func run() throws {
        let corpus = try Corpus.read(paths: paths, separator: separator, excluding: exclude)
        let tokenizer = try Tokenizer.train(on: corpus.documents.map(\.text), vocabulary: vocabulary)
        try Files.write(tokenizer.json(), to: output)
        print("\(output): \(tokenizer.vocabulary) entries from \(corpus.documents.count) documents")
    }
}

struct Encode: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints the token ids of a text, or of standard input.")

    @Option(help: "The tokenizer.json.")
    var tokenizer: String

    @Argument(help: "The text; without it, standard input is read.")
    var text: String?

    func run() throws {
        let tokenizer = try Tokenizer(json: Files.read(tokenizer))
        let bytes = try text.map { Array($0.utf8) } ?? Array(FileHandle.standardInput.readToEnd() ?? Data())
        print(tokenizer.encode(bytes: bytes).map(String.init).joined(separator: " "))
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
