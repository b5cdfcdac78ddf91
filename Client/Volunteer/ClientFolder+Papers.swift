import Foundation
import WorkUnits

/// Files that a host is given when it joins; nil for those that it has or makes itself.
public struct Papers: Sendable {
    /// Path of the key of an account that exists already.
    public var account: String?
    /// Path of a certificate for this host.
    public var certificate: String?
    /// Path of an invitation.
    public var invitation: String?
    /// Whom the work is counted with.
    public var team: String?

    public init(
        account: String? = nil, certificate: String? = nil, invitation: String? = nil, team: String? = nil
    ) {
        self.account = account
        self.certificate = certificate
        self.invitation = invitation
        self.team = team
    }
}

extension ClientFolder {
    var accountFile: String { path + "/account.key" }
    private var certificateFile: String { path + "/certificate.json" }
    private var invitationFile: String { path + "/invitation.json" }

    /// The account's key; nil where it is on another computer, whose certificate this one has.
    func account() throws -> SigningKey? { try readKey(accountFile, loss: "make a new account") }

    func storedCertificate() throws -> Signed<HostCertificate>? {
        try read(certificateFile, loss: "'join' makes or takes another")
    }

    /// The host's certificate. Without one the account's key signs it, and without that there is a new account.
    func certificate(of host: HostID, at now: Timestamp) throws -> Signed<HostCertificate> {
        if let stored = try storedCertificate() { return stored }
        return try certify(host, by: try account() ?? newKey(in: accountFile), team: nil, at: now)
    }

    @discardableResult
    func certify(
        _ host: HostID, by account: SigningKey, team: String?, at now: Timestamp
    ) throws -> Signed<HostCertificate> {
        let certificate = try account.certificate(for: host, team: team, at: now)
        try store(CanonicalJSON.encode(certificate), in: certificateFile)
        return certificate
    }

    func invitation() throws -> InvitationLetter {
        guard let letter: InvitationLetter = try read(invitationFile, loss: "'join' takes another") else {
            throw VolunteerFailure.folder(Self.invitationNeeded)
        }
        return letter
    }

    private static let invitationNeeded =
        "this project takes only those whom it invites: ask its people for an invitation, and join with --invitation FILE"

    /// Checks papers, and keeps them in the folder.
    func keep(_ papers: Papers, of host: HostID, in project: ProjectDescription, at now: Timestamp) throws {
        if let path = papers.invitation {
            let letter: InvitationLetter = try given(path, "an invitation")
            _ = try letter.invitation.verified(by: project.project, context: Invitation.signingContext)
            try store(CanonicalJSON.encode(letter), in: invitationFile)
        } else if project.admission == .invitation, !FileManager.default.fileExists(atPath: invitationFile) {
            throw VolunteerFailure.folder(Self.invitationNeeded)
        }
        if let path = papers.certificate {
            let certificate: Signed<HostCertificate> = try given(path, "a certificate")
            let body = try certificate.verified(context: HostCertificate.signingContext, by: \.volunteer)
            guard body.host == host else {
                throw VolunteerFailure.folder(
                    "\(path) certifies host \(body.host): make one for this host, \(host), with 'caravan-client certify'"
                )
            }
            try store(CanonicalJSON.encode(certificate), in: certificateFile)
            return
        }
        let before = try storedCertificate()?.unverified()
        if let path = papers.account {
            guard let key = try readKey(path, loss: "name another") else {
                throw VolunteerFailure.folder(
                    "there is no file \(path): copy account.key of your other computer's folder")
            }
            try store(key, in: accountFile)
            if before?.volunteer != key.verifyingKey || papers.team != nil {
                try certify(host, by: key, team: papers.team ?? before?.team, at: now)
            }
        } else if let team = papers.team {
            guard let key = try account() ?? (before == nil ? newKey(in: accountFile) : nil) else {
                throw VolunteerFailure.folder(
                    "the account's key is not on this computer: choose the team where it is, with 'caravan-client certify'"
                )
            }
            try certify(host, by: key, team: team, at: now)
        } else {
            _ = try certificate(of: host, at: now)
        }
    }

    /// A document that somebody else made.
    private func given<Value: Codable>(_ path: String, _ what: String) throws -> Value {
        do {
            let file = try FileBytes(path: path)
            let text = String(decoding: try file.read(min(file.count, 1 << 16), at: 0), as: UTF8.self)
            return try CanonicalJSON.decode(
                Value.self, from: Array(text.trimmingCharacters(in: .whitespacesAndNewlines).utf8))
        } catch {
            throw VolunteerFailure.folder("\(path) is not \(what): \(error)")
        }
    }
}

extension SigningKey {
    /// Says that a host works for this account.
    func certificate(for host: HostID, team: String?, at now: Timestamp) throws -> Signed<HostCertificate> {
        try Signed(
            HostCertificate(volunteer: verifyingKey, host: host, team: team, issued: now), by: self,
            context: HostCertificate.signingContext)
    }
}
