import ArgumentParser
import WorkUnits

@main
struct CaravanServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "caravan-server",
        abstract: "Hosts the training of a language model by volunteers.",
        discussion: """
            The coordinator cuts text into work units, hands them to volunteers, checks every update that comes back, and \
            averages the accepted ones into checkpoint versions that anyone can download and recompute.

            Start a project:
              caravan-server run recipe.yaml --folder my-project

            Continue it later:
              caravan-server run --folder my-project
            """,
        version: "0.1.0",
        subcommands: [Run.self, Check.self, Invite.self, Ban.self])
}
