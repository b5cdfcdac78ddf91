import ArgumentParser
import Datasets

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
        try text.requirePaths()
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
