import ArgumentParser
import Datasets

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
        try text.requirePaths()
    }

    func run() throws {
        try Files.createFolder(output)
        let command = DataPreparationCommand(
            text: text, cleaning: cleaning, division: division, workFolder: output + "/.work")
        let preparation = try command.preparation(command.planWithoutTokens())
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
