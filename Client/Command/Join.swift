import ArgumentParser
import Volunteer
import WorkUnits

struct Join: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Joins a project: makes a key for this computer and remembers the project's.",
        discussion: """
            From then on only the server that holds the project's key is worked for. Joining again changes the address or \
            the name and keeps both keys.
            """)

    @Argument(help: "The project's address, such as https://example.org.")
    var url: String

    @OptionGroup var folder: FolderOption

    @Option(help: "What the project calls this computer, up to 64 characters. Default: a name that tells nothing.")
    var name: String?

    @Option(help: "The project's key, if you know it from elsewhere: a server with another one is refused.")
    var key: String?

    @Option(help: "The file account.key of your first computer's folder: this one then works for the same account.")
    var account: String?

    @Option(
        help: "A certificate that 'certify' on your first computer made for this one, instead of the account's key.")
    var certificate: String?

    @Option(help: "The invitation that you were given, a file, where a project takes only those it invited.")
    var invitation: String?

    @Option(help: "The team that your work is counted with, up to 32 characters.")
    var team: String?

    func validate() throws {
        if let team, !HostCertificate.isTeam(team) {
            throw ValidationError("--team must be one line of 1 to 32 characters.")
        }
        guard certificate == nil || (account == nil && team == nil) else {
            throw ValidationError("--certificate says which account and team: leave --account and --team out.")
        }
        if let name, name.isEmpty || name.count > 64 || name.contains(where: \.isNewline) {
            throw ValidationError("--name must be one line of 1 to 64 characters.")
        }
        if let key, VerifyingKey(key) == nil {
            throw ValidationError("--key must be 64 hexadecimal digits.")
        }
    }

    func run() async throws {
        let (project, host) = try await folder.value.join(
            url: url, key: key.flatMap { VerifyingKey($0) }, hostName: name,
            papers: Papers(account: account, certificate: certificate, invitation: invitation, team: team))
        let status = try folder.value.status()
        print(
            """
            joined '\(project.name)'\(project.summary.isEmpty ? "" : ": \(project.summary)")
              project key  \(project.project)
              your host    \(host)
              your account \(status.volunteer.map { "\($0)" } ?? "")\(status.team.map { ", team \($0)" } ?? "")
            Begin with: caravan-client run --folder \(folder.folder)
            """)
    }
}
