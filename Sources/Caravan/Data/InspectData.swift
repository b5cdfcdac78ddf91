import ArgumentParser
import Datasets
import Documents
import Foundation
import Tokenization
import WorkUnits

/// `caravan data inspect`: what a corpus holds, and what cleaning and comparing would leave out.
struct InspectData: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Reads text and tells what is in it; writes nothing but a report.")

    @OptionGroup var text: TextArguments
    @OptionGroup var cleaning: CleaningArguments
    @OptionGroup var division: DivisionArguments

    @Option(help: "An HTML file for the report, with histograms and samples of what each step removes.")
    var report: String?

    func validate() throws {
        guard !text.paths.isEmpty else { throw ValidationError("name files, folders or - for standard input") }
    }

    func run() throws {
        let folder = try TemporaryWorkFolder()
        defer { folder.remove() }
        let command = DataPreparationCommand(
            text: text, cleaning: cleaning, division: division, workFolder: folder.path)
        let corpus = try command.preparation(command.planWithoutTokens()).corpus()
        Terminal.print(corpus.report.text)
        if let report { try Files.write(Array(corpus.report.html.utf8), to: report) }
    }
}

/// `caravan data clean`: the cleaned documents, in the order in which they were read.
struct CleanData: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clean", abstract: "Writes cleaned documents as JSON lines, with where each was found.")

    @OptionGroup var text: TextArguments
    @OptionGroup var cleaning: CleaningArguments

    @Option(name: .shortAndLong, help: "The file to write; it appears when it is whole.")
    var output: String

    func validate() throws {
        guard !text.paths.isEmpty else { throw ValidationError("name files, folders or - for standard input") }
    }

    func run() throws {
        let folder = try TemporaryWorkFolder()
        defer { folder.remove() }
        let command = DataPreparationCommand(
            text: text, cleaning: cleaning, division: try DivisionArguments.parse([]), workFolder: folder.path)
        var file = try JSONLinesFile(output)
        let report = try command.preparation(command.planWithoutTokens()).clean { try file.append($0) }
        try file.publish()
        Terminal.print(report.text)
    }
}

/// `caravan data split`: two files that share no document, nor a near-duplicate of one.
struct SplitData: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "split",
        abstract: "Cleans text, leaves out copies, and writes training.jsonl and validation.jsonl.",
        discussion: """
            Copies are left out before the sides are divided, so no document of one side has a copy on the other. Both files \
            are in the seeded order of the dataset.
            """)

    @OptionGroup var text: TextArguments
    @OptionGroup var cleaning: CleaningArguments
    @OptionGroup var division: DivisionArguments

    @Option(name: .shortAndLong, help: "The folder to write to.")
    var output: String

    func validate() throws {
        guard !text.paths.isEmpty else { throw ValidationError("name files, folders or - for standard input") }
    }

    func run() throws {
        try Files.createFolder(output)
        let command = DataPreparationCommand(
            text: text, cleaning: cleaning, division: division, workFolder: output + "/.work")
        let preparation = command.preparation(try command.planWithoutTokens())
        let corpus = try preparation.corpus()
        for side in PreparedCorpus.Side.allCases {
            var file = try JSONLinesFile("\(output)/\(side.rawValue).jsonl")
            try corpus.forEach(of: side) { try file.append($0) }
            try file.publish()
        }
        try Files.write(Array(corpus.report.html.utf8), to: output + "/report.html")
        try preparation.finish()
        Terminal.print(corpus.report.text)
        Terminal.print("\(output): training.jsonl, validation.jsonl, report.html")
    }
}

extension DataPreparationCommand {
    /// For commands that end before the tokens.
    fileprivate func planWithoutTokens() throws -> DatasetPlan {
        try plan(
            tokenizer: .trained(vocabulary: 257, pattern: .gpt2, specialTokens: [], sampleBytes: 1), sequenceLength: 1,
            shardTokens: 2, validationTokens: 2)
    }
}
