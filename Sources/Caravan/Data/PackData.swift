import ArgumentParser
import Datasets
import Foundation
import Recipes
import Tokenization
import WorkUnits

/// `caravan data pack`: from files to the token shards that work units are made of.
struct PackData: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pack", abstract: "Makes a tokenizer and token shards of text: everything before the training.",
        discussion: """
            Takes files, or a whole recipe with --recipe, in which case the recipe says how. The folder gets tokenizer.json, \
            shards/ (each shard, by its digest, holds the tokens of one work unit), dataset.json (sources, steps, counts, \
            digests), report.html and report.json.

            Ctrl-C and crashes lose little: the same command goes on. The same files and settings give the same bytes.
            """)

    @OptionGroup var text: TextArguments
    @OptionGroup var cleaning: CleaningArguments
    @OptionGroup var division: DivisionArguments

    @Option(help: "A recipe whose data and tokenizer are taken instead of files and the options for them.")
    var recipe: String?

    @Option(name: .shortAndLong, help: "The folder to write to.")
    var output: String

    @Option(help: "Entries of the tokenizer: 256 bytes, merges, and the special tokens.")
    var vocabulary = 32_000

    @Option(help: "How text is divided into words: \(SplitPattern.allCases.map(\.rawValue).joined(separator: " or ")).")
    var pattern = SplitPattern.gpt2

    @Option(help: "Under which terms the text may be used, such as CC0-1.0: for dataset.json.")
    var license: String?

    @Option(help: "Where the text comes from, such as an address: for dataset.json.")
    var origin: String?

    @Option(help: "A tokenizer.json to take instead of training one.")
    var tokenizer: String?

    @Option(help: "Megabytes of training text that the tokenizer learns from.")
    var sampleMegabytes = 256

    @Option(help: "Tokens of a training shard: one more than a work unit trains on.")
    var shardTokens = 1_048_577

    @Option(
        help: "Tokens in a row that stay together when the text is mixed: several times the length of a sequence.")
    var passageTokens = 4096

    @Option(help: "The most tokens of held-out text that are kept for measuring.")
    var validationTokens = 262_144

    func validate() throws {
        guard text.paths.isEmpty != (recipe == nil) else {
            throw ValidationError("name either files to pack, or a recipe with --recipe")
        }
        guard (2...TokenShard.maximumTokens).contains(shardTokens) else {
            throw ValidationError("--shard-tokens must be 2 to \(TokenShard.maximumTokens)")
        }
        guard DatasetPlan.passageRange.contains(passageTokens) else {
            throw ValidationError("--passage-tokens must be 1 to \(DatasetPlan.passageRange.upperBound)")
        }
        guard (2...TokenShard.maximumTokens).contains(validationTokens) else {
            throw ValidationError("--validation-tokens must be 2 to \(TokenShard.maximumTokens)")
        }
        guard Tokenizer.vocabularyRange.contains(vocabulary) else {
            throw ValidationError("--vocabulary must be \(Tokenizer.vocabularyRange)")
        }
        guard (1...4096).contains(sampleMegabytes) else {
            throw ValidationError("--sample-megabytes must be 1 to 4096")
        }
    }

    func run() throws {
        try Files.createFolder(output + "/shards")
        let prepared = try recipe.map(packRecipe) ?? packFiles()
        try Files.write(prepared.tokenizer.json(), to: output + "/tokenizer.json")
        try Files.write(Array(prepared.report.html.utf8), to: output + "/report.html")
        try Files.write(CanonicalJSON.encode(prepared.report), to: output + "/report.json")
        // Last: it stands for all the others.
        try Files.write(prepared.manifest.encoded(), to: output + "/dataset.json")
        Terminal.print(prepared.report.text)
        Terminal.print("\(output): dataset.json, tokenizer.json, shards/, report.html")
    }

    private func packRecipe(_ path: String) throws -> PreparedDataset {
        let recipe = try Recipe.parse(Recipe.text(ofFileAt: path), path: path)
        let line = PreparationLine()
        return try recipe.prepareDataset(
            recipePath: path, workFolder: output + "/.work", threads: cleaning.threads, isStrict: cleaning.strict,
            progress: line.show, store: store)
    }

    private func packFiles() throws -> PreparedDataset {
        let command = DataPreparationCommand(
            text: text, cleaning: cleaning, division: division, workFolder: output + "/.work")
        let given = try tokenizer.map { try Tokenizer(json: Files.read($0)) }
        var plan = try command.plan(
            tokenizer: given.map { .given(Digest(of: try $0.json())) }
                ?? .trained(
                    vocabulary: vocabulary, pattern: pattern, specialTokens: [], sampleBytes: sampleMegabytes << 20),
            sequenceLength: 1, passageTokens: passageTokens, shardTokens: shardTokens,
            validationTokens: validationTokens)
        (plan.sources[0].license, plan.sources[0].origin) = (license, origin)
        let preparation = try command.preparation(plan)
        let prepared = try preparation.run(tokenizer: given, store: store)
        try preparation.finish()
        return prepared
    }

    private func store(_ archive: [UInt8]) throws -> Digest {
        let digest = Digest(of: archive)
        try Files.write(archive, to: "\(output)/shards/\(digest)")
        return digest
    }
}
