import Transport
import WorkUnits

extension ClientFolder {
    /// Learns a project's key from its server and pins it. Joining again may change the address and the name.
    ///
    /// - Parameters:
    ///   - key: the project's key where it is known from elsewhere; another one is refused.
    ///   - hostName: nil for a name that tells nothing about the computer.
    ///   - papers: what the host has of its volunteer and the project; without any it makes an account of its own.
    public func join(
        url: String, key: ProjectID?, hostName: String?, papers: Papers = Papers(),
        transport: HTTPTransport = HTTPTransport(), now: Timestamp = SystemClock.now()
    ) async throws -> (project: ProjectDescription, host: HostID) {
        let client = try CoordinatorClient(url: url, transport: transport)
        let description = try await client.project().selfSigned()
        let joined = try project()
        if let pinned = key ?? joined?.project, pinned != description.project {
            throw VolunteerFailure.wrongProject(pinned: pinned, found: description.project, url: client.url)
        }
        try create()
        let lock = try lock()
        defer { withExtendedLifetime(lock) {} }
        let host = try self.key().verifyingKey
        try keep(papers, of: host, in: description, at: now)
        let name = hostName ?? joined?.hostName ?? "host-\(host.short.prefix(6))"
        try save(JoinedProject(project: description.project, name: description.name, url: client.url, hostName: name))
        return (description, host)
    }
}

extension Signed<ProjectDescription> {
    /// The description, if the key that it names signed it.
    func selfSigned() throws(UntrustedDocument) -> ProjectDescription {
        try verified(by: unverified().project, context: ProjectDescription.signingContext)
    }
}
