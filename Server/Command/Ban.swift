import ArgumentParser
import Foundation
import Hosting
import WorkUnits

/// `caravan-server ban`: refuses an account, or takes that back.
struct Ban: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Refuses an account: its computers get no work and nothing of theirs is taken any more.",
        discussion: """
            What they contributed stays. The running server does it within a second, one that is stopped at its next \
            start. The order and its reason are public, in the ledger. Where everybody may join, the same person can come \
            back under another key, for another proof of work.
            """)

    @Argument(help: "The account's key, 64 hexadecimal digits, as in the ledger.")
    var account: String

    @Option(help: "The project's folder.")
    var folder: String

    @Option(help: "Why, for everybody to read; up to 200 characters.")
    var reason = ""

    @Flag(help: "Let the account take part again.")
    var lift = false

    func validate() throws {
        guard VolunteerID(account) != nil else { throw ValidationError("an account's key has 64 hexadecimal digits") }
        guard reason.count <= 200 else { throw ValidationError("--reason has at most 200 characters") }
    }

    func run() throws {
        guard let volunteer = VolunteerID(account) else { return }
        let project = ProjectFolder(path: folder)
        let key = try project.existingKey()
        let ban = AccountBan(
            project: key.verifyingKey, volunteer: volunteer, isBanned: !lift, reason: reason,
            stamp: RequestStamp(SystemClock.now()))
        try Orders(of: project).leave(Signed(ban, by: key, context: AccountBan.signingContext))
        print("ordered: the server does it within a second, or when it starts")
    }
}
