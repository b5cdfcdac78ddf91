import ArgumentParser
import Volunteer
import WorkUnits

/// The key of a host, as `join` and `status` print it.
struct HostArgument: ParsableArguments {
    @Argument(help: "The host's key, 64 hexadecimal digits, as 'join' printed it.")
    var host: String

    func value() throws -> HostID {
        guard let host = HostID(host) else { throw ValidationError("a host's key has 64 hexadecimal digits") }
        return host
    }
}

struct Certify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lets another computer work for this folder's account.",
        discussion: """
            Prints a certificate. Put it into a file on the other computer, and join there with --certificate FILE. The \
            account's key stays here. If you do not mind copying it, 'join --account account.key' is one step less.
            """)

    @OptionGroup var host: HostArgument
    @OptionGroup var folder: FolderOption

    @Option(help: "The team that its work is counted with. Default: this computer's.")
    var team: String?

    func validate() throws {
        if let team, !HostCertificate.isTeam(team) {
            throw ValidationError("--team must be one line of 1 to 32 characters.")
        }
    }

    func run() throws {
        let certificate = try folder.value.certify(try host.value(), team: team)
        print(String(decoding: try CanonicalJSON.encode(certificate), as: UTF8.self))
    }
}

struct Revoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Takes a computer out of the project: its key was lost or stolen, or it is somebody else's now.",
        discussion: "What it contributed stays. It cannot be undone: the computer may join again with a new folder.")

    @OptionGroup var host: HostArgument
    @OptionGroup var folder: FolderOption

    func run() async throws {
        let host = try host.value()
        try await folder.value.revoke(host)
        print("revoked \(host)")
    }
}

struct ReplaceKey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Gives the account a new key, as after the old one was copied by somebody.",
        discussion: """
            The account's computers go on working, and belong to the new key. Revoke those that somebody may have added. \
            The old key is kept beside the new one, in account.key.old.
            """)

    @OptionGroup var folder: FolderOption

    func run() async throws {
        print("your account is \(try await folder.value.replaceAccountKey())")
    }
}
