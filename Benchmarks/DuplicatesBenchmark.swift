import ArgumentParser
import Deduplication
import Foundation

/// What a search for near-duplicates finds of planted copies, against theory, and how fast.
struct DuplicatesBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "duplicates",
        abstract: "Recall and precision of the search for near-duplicates, on planted copies.",
        discussion: "Cuts documents from the .txt files of a folder, or draws them by Zipf's law; copies every third.")

    @Argument(help: "A folder of .txt files.")
    var folder: String?

    @Option(help: "The most documents, copies aside.")
    var documents = 20_000

    @Option(help: "Words in a shingle.")
    var shingleLength = MinHashParameters().shingleLength

    @Option var bands = MinHashParameters().bands
    @Option var rows = MinHashParameters().rows

    @Option(help: "Similarity from which a document is removed.")
    var threshold = MinHashParameters().threshold

    @Option var threads = 2
    @Option var seed: UInt64 = 0

    func validate() throws {
        guard documents >= 3 else { throw ValidationError("--documents \(documents): at least 3") }
        guard threads >= 1 else { throw ValidationError("--threads \(threads): at least 1") }
        try parameters.validate()
    }

    private var parameters: MinHashParameters {
        var parameters = MinHashParameters()
        (parameters.shingleLength, parameters.bands, parameters.rows) = (shingleLength, bands, rows)
        (parameters.threshold, parameters.seed) = (threshold, seed)
        return parameters
    }

    mutating func run() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "caravan-duplicates-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let copies = PlantedCopies(
            try PlantedCopies.documents(folder: self.folder, count: documents, seed: seed), seed: seed)
        for line in try PlantedSearch(copies, parameters, folder: folder.path, threads: threads).figures {
            print(line)
        }
    }
}
