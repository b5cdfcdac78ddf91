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

    func validate() throws {
        if let name, name.isEmpty || name.count > 64 || name.contains(where: \.isNewline) {
            throw ValidationError("--name must be one line of 1 to 64 characters.")
        }
        if let key, VerifyingKey(key) == nil {
            throw ValidationError("--key must be 64 hexadecimal digits.")
        }
    }

    func run() async throws {
        let (project, host) = try await folder.value.join(
            url: url, key: key.flatMap { VerifyingKey($0) }, hostName: name)
        print(
            """
            joined '\(project.name)'\(project.summary.isEmpty ? "" : ": \(project.summary)")
              project key  \(project.project)
              your host    \(host)
            Begin with: caravan-client run --folder \(folder.folder)
            """)
    }
}
