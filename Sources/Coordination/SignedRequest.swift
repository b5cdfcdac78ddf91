import WorkUnits

/// What is signed for one project by a key that it names.
protocol SignedRequest: Codable, Sendable {
    var project: ProjectID { get }
    var signer: VerifyingKey { get }
    /// Nil where a repetition changes nothing and gets nothing that is not public.
    var uniqueStamp: RequestStamp? { get }
    static var signingContext: String { get }
    /// Bounds of the fields.
    func validate() throws(Refusal)
}

extension SignedRequest {
    func validate() throws(Refusal) {}
}

extension HostRegistration: SignedRequest {
    var signer: VerifyingKey { host }
    var uniqueStamp: RequestStamp? { stamp }

    func validate() throws(Refusal) {
        guard name.count <= 64, name.utf8.count <= 256, software.utf8.count <= 64, (1...65_536).contains(processors)
        else {
            throw Refusal(
                .malformed, "name and software have at most 64 characters, and a host has 1 to 65,536 processors")
        }
    }
}

extension WorkRequest: SignedRequest {
    var signer: VerifyingKey { host }
    var uniqueStamp: RequestStamp? { stamp }
}

extension UploadAnnouncement: SignedRequest {
    var signer: VerifyingKey { host }
    var uniqueStamp: RequestStamp? { stamp }

    func validate() throws(Refusal) {
        guard bytes > 0 else { throw Refusal(.malformed, "an update archive has at least one byte") }
    }
}

extension Submission: SignedRequest {
    var signer: VerifyingKey { host }
    var uniqueStamp: RequestStamp? { nil }

    func validate() throws(Refusal) {
        guard format == Self.currentFormat else {
            throw Refusal(.malformed, "submission format \(format) is unknown: this server reads \(Self.currentFormat)")
        }
    }
}

extension HostRevocation: SignedRequest {
    var signer: VerifyingKey { volunteer }
    var uniqueStamp: RequestStamp? { stamp }
}

extension KeyReplacement: SignedRequest {
    var signer: VerifyingKey { volunteer }
    var uniqueStamp: RequestStamp? { stamp }
}

extension AccountBan: SignedRequest {
    var signer: VerifyingKey { project }
    /// Waits in the project's folder until the server looks there.
    var uniqueStamp: RequestStamp? { nil }

    func validate() throws(Refusal) {
        guard reason.count <= 200, reason.utf8.count <= 800 else {
            throw Refusal(.malformed, "a ban's reason has at most 200 characters")
        }
    }
}

extension Signed where Body: SignedRequest {
    /// The body, if the key that it names signed it for this project. It may have been sent before.
    func verified(for project: ProjectID) throws(Refusal) -> Body {
        do {
            let body = try verified(context: Body.signingContext, by: \.signer)
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
