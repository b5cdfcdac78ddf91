import ArgumentParser
import Foundation
import Hosting
import WorkUnits

/// `caravan-server invite`: an invitation for a project that takes no others.
struct Invite: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints an invitation, for a project whose recipe says 'admission: {invitationOnly: true}'.",
        discussion: """
            Give it to whom you invite, as a file: 'caravan-client join URL --invitation FILE'. Whoever has it can use it, \
            so send it in private. Its uses are counted by the server; nothing else has to know of it.
            """)

    @Option(help: "The project's folder.")
    var folder: String

    @Option(help: "How many computers it lets in.")
    var hosts = 1

    @Option(help: "Days until it expires.")
    var days = 30

    func validate() throws {
        guard (1...1_000_000).contains(hosts) else { throw ValidationError("--hosts must be 1 to 1000000") }
        guard (1...3650).contains(days) else { throw ValidationError("--days must be 1 to 3650") }
    }

    func run() throws {
        let letter = try InvitationLetter(
            hosts: hosts, expires: SystemClock.now() + Seconds(Double(days) * 86_400),
            by: ProjectFolder(path: folder).existingKey())
        print(String(decoding: try CanonicalJSON.encode(letter), as: UTF8.self))
    }
}
