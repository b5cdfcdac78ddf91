import ArgumentParser
import Datasets
import Foundation
import Tokenization
import WorkUnits

/// `caravan data verify`: whether a published dataset comes of the files that it names.
struct VerifyData: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Makes a dataset again from its dataset.json and the files, and compares every digest.",
        discussion: """
            Writes nothing. The files may have other names and lie elsewhere, as long as they hold the same bytes. A source \
            of the dataset is looked for at its own path, or at that of --source.
            """)

    @Argument(help: "The dataset.json.")
    var manifest: String

    @Option(
        help:
            "Where a source's files are, such as books=/data/books; may be given several times for one or more sources."
    )
    var source: [String] = []

    @Option(help: "The tokenizer.json, where the dataset was made with a given one.")
    var tokenizer: String?

    @Option(help: "Threads to work with.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    func validate() throws {
        try ThreadCount.validate(threads)
        if let wrong = source.first(where: { !$0.contains("=") }) {
            throw ValidationError("--source '\(wrong)' must be a source's name, '=' and a path")
        }
    }

    func run() throws {
        let claimed = try DatasetManifest(Files.read(manifest))
        let folder = try TemporaryWorkFolder()
        defer { folder.remove() }
        var plan = claimed.plan
        try movePaths(of: &plan)
        let line = PreparationLine()
        let made = try DatasetPreparation(
            plan, workFolder: folder.path, threads: threads, progress: line.show
        ).run(tokenizer: givenTokenizer(plan)) { Digest(of: $0) }
        var found = made.manifest
        // Where the files were is the only thing that may differ.
        found.plan = claimed.plan
        guard found == claimed else {
            throw CommandFailure("\(manifest): \(Self.difference(claimed, found))")
        }
        Terminal.print(made.report.text)
        Terminal.print("\(manifest): the same \(found.shards.count) shards, byte for byte")
    }

    private func movePaths(of plan: inout DatasetPlan) throws {
        var places: [String: [String]] = [:]
        for text in source {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            places[parts[0], default: []].append(parts[1])
        }
        for (name, paths) in places {
            guard let index = plan.sources.firstIndex(where: { $0.name == name }) else {
                throw CommandFailure(
                    "\(manifest) has no source '\(name)': its sources are "
                        + plan.sources.map(\.name).joined(separator: ", "))
            }
            plan.sources[index].paths = paths
        }
    }

    private func givenTokenizer(_ plan: DatasetPlan) throws -> Tokenizer? {
        guard case .given(let digest) = plan.tokenizer else { return nil }
        guard let tokenizer else {
            throw CommandFailure("\(manifest) was made with a given tokenizer, \(digest): name it with --tokenizer")
        }
        let given = try Tokenizer(json: Files.read(tokenizer))
        guard try Digest(of: given.json()) == digest else {
            throw CommandFailure("\(tokenizer) is not the tokenizer of \(manifest), \(digest)")
        }
        return given
    }

    /// Where two manifests first part, in the order of the work.
    private static func difference(_ claimed: DatasetManifest, _ found: DatasetManifest) -> String {
        for (index, (left, right)) in zip(claimed.sources, found.sources).enumerated() where left != right {
            let name = claimed.plan.sources[index].name
            return left.content == right.content
                ? "of source '\(name)' other documents are kept: \(right.kept.documents) instead of \(left.kept.documents)"
                : "the files of source '\(name)' are not those that it was made from"
        }
        if claimed.tokenizer != found.tokenizer {
            return "the tokenizer is \(found.tokenizer), not \(claimed.tokenizer)"
        }
        let shards = zip(claimed.shards + [claimed.validationShard], found.shards + [found.validationShard])
        if let (left, right) = shards.first(where: { $0 != $1 }) {
            return "shard \(left.digest) comes out as \(right.digest)"
        }
        return "its counts are not those that come out"
    }
}
