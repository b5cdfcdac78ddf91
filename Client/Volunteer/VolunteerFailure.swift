import WorkUnits

/// Why a client cannot go on without somebody doing something.
public enum VolunteerFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong with the client's folder and how to mend it.
    case folder(String)
    /// The server is not the one that was joined.
    case wrongProject(pinned: ProjectID, found: ProjectID, url: String)
    /// The worker program cannot be started.
    case worker(String)

    public var description: String {
        switch self {
        case .folder(let message), .worker(let message): message
        case .wrongProject(let pinned, let found, let url):
            """
            \(url) is the server of project \(found.short), but the key to expect is \(pinned.short). \
            Either the address belongs to somebody else now, or the project was set up anew: ask its people. \
            To join the other project, use another folder.
            """
        }
    }
}
