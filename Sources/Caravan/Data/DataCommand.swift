import ArgumentParser

/// `caravan data`: from files to token shards.
struct DataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data", abstract: "Looks at text, cleans and divides it, and packs it into token shards.",
        discussion: """
            Reads .txt, .md, .jsonl, .csv and .tsv, each also as .gz; files, folders, globs in quotes, and - for standard \
            input. Whatever cannot be read is reported with file, line and byte and left out, or ends the command with \
            --strict.
            """,
        subcommands: [InspectData.self, CleanData.self, SplitData.self, PackData.self, VerifyData.self])
}
