import ArgumentParser
import Foundation
import Volunteer

@main
struct CaravanClient: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "caravan-client",
        abstract: "Lends this computer to a Caravan project, which trains a language model.",
        discussion: """
            Join a project once, then run:

              caravan-client join https://example.org --folder ~/caravan
              caravan-client run --folder ~/caravan

            Ctrl-C saves the work and stops; 'run' continues it, also after a power cut.

            Another computer of yours works for the same account if it joins with a copy of this one's account key:

              caravan-client join https://example.org --folder ~/caravan --account account.key
            """,
        subcommands: [Join.self, Run.self, Status.self, Certify.self, Revoke.self, ReplaceKey.self])
}

/// The folder that every subcommand works with.
struct FolderOption: ParsableArguments {
    @Option(help: "Where the client keeps its key, the project, and the work. Made by 'join', private to you.")
    var folder: String

    var value: ClientFolder {
        ClientFolder(path: (folder as NSString).expandingTildeInPath)
    }
}
