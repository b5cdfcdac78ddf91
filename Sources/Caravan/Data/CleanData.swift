import ArgumentParser
import Datasets

/// `caravan data clean`: the cleaned documents, in the order in which they were read.
struct CleanData: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clean", abstract: "Writes cleaned documents as JSON lines, with where each was found.")

    @OptionGroup var text: TextArguments
    @OptionGroup var cleaning: CleaningArguments

    @Option(name: .shortAndLong, help: "The file to write; it appears when it is whole.")
    var output: String

    func validate() throws {
        try text.requirePaths()
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
