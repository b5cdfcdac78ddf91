import WorkUnits

/// What a host signs: it names the host, whose key the name is, and the project it is meant for.
protocol HostDocument: Codable, Sendable {
    var project: ProjectID { get }
    var host: HostID { get }
    static var signingContext: String { get }
    /// Bounds of the fields.
    func validate() throws(Refusal)
}

extension HostRegistration: HostDocument {
    func validate() throws(Refusal) {
        guard name.count <= 64, name.utf8.count <= 256, software.utf8.count <= 64, (1...65_536).contains(processors)
        else {
            throw Refusal(
                .malformed, "name and software have at most 64 characters, and a host has 1 to 65,536 processors")
        }
    }
}

extension WorkRequest: HostDocument {
    func validate() {}
}

extension UploadAnnouncement: HostDocument {
    func validate() throws(Refusal) {
        guard bytes > 0 else { throw Refusal(.malformed, "an update archive has at least one byte") }
    }
}

extension Submission: HostDocument {
    func validate() throws(Refusal) {
        guard format == Self.currentFormat else {
            throw Refusal(.malformed, "submission format \(format) is unknown: this server reads \(Self.currentFormat)")
        }
    }
}

extension Signed where Body: HostDocument {
    /// The body, if the host that it names signed it for this project.
    func verified(for project: ProjectID) throws(Refusal) -> Body {
        do {
            let body = try verified(context: Body.signingContext, by: \.host)
            guard body.project == project else {
                throw Refusal(.unauthorized, "signed for project \(body.project.short): this is \(project.short)")
            }
            try body.validate()
            return body
        } catch let refusal as Refusal {
            throw refusal
        } catch UntrustedDocument.malformed(let error) {
            throw Refusal(.malformed, error.description)
        } catch {
            throw Refusal(.unauthorized, "\(error)")
        }
    }
}
