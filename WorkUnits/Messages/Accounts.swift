/// A volunteer, the account that hosts belong to, is named by its public key.
public typealias VolunteerID = VerifyingKey

/// Says that a host works for a volunteer, signed by the volunteer. It names no project, so that it serves in all.
public struct HostCertificate: Codable, Hashable, Sendable {
    public var volunteer: VolunteerID
    public var host: HostID
    /// Whom the volunteer's work is counted with; nil for nobody.
    public var team: String?
    /// Of two certificates of a host the later one holds.
    public var issued: Timestamp

    public static let signingContext = "caravan host certificate 1"

    public init(volunteer: VolunteerID, host: HostID, team: String? = nil, issued: Timestamp) {
        self.volunteer = volunteer
        self.host = host
        self.team = team
        self.issued = issued
    }

    /// Whether a text can name a team: one line of 1 to 32 characters, none of them a control character.
    public static func isTeam(_ name: String) -> Bool {
        (1...32).contains(name.count) && name.utf8.count <= 128
            && name.unicodeScalars.allSatisfy {
                ![.control, .format, .lineSeparator].contains($0.properties.generalCategory)
            }
    }
}

/// `POST /hosts`: a host introduces itself, signed with the key that names it. Doing so again changes nothing, unless its
/// certificate is a later one. What made it a member is public: it becomes an entry of the ledger.
public struct HostRegistration: Codable, Hashable, Sendable {
    public var project: ProjectID
    public var host: HostID
    /// What the volunteer calls this computer; at most 64 characters.
    public var name: String
    /// The client's version.
    public var software: String
    public var processors: Int
    public var certificate: Signed<HostCertificate>
    /// Why the project lets the host in; a known host needs no reason.
    public var admission: Admission?
    public var stamp: RequestStamp

    public static let signingContext = "caravan host 2"

    public init(
        project: ProjectID, host: HostID, name: String, software: String, processors: Int,
        certificate: Signed<HostCertificate>, admission: Admission? = nil, stamp: RequestStamp
    ) {
        self.project = project
        self.host = host
        self.name = name
        self.software = software
        self.processors = processors
        self.certificate = certificate
        self.admission = admission
        self.stamp = stamp
    }
}

/// `POST /revocations`: a host works for its volunteer no more, signed by the volunteer. Final: the host needs another key.
public struct HostRevocation: Codable, Hashable, Sendable {
    public var project: ProjectID
    public var volunteer: VolunteerID
    public var host: HostID
    public var stamp: RequestStamp

    public static let signingContext = "caravan host revocation 1"

    public init(project: ProjectID, volunteer: VolunteerID, host: HostID, stamp: RequestStamp) {
        self.project = project
        self.volunteer = volunteer
        self.host = host
        self.stamp = stamp
    }
}

/// `POST /keys`: an account goes on under another key, to which its hosts belong from then on. Final.
public struct KeyReplacement: Codable, Hashable, Sendable {
    public var project: ProjectID
    public var volunteer: VolunteerID
    public var successor: VolunteerID
    /// One of the account's hosts: the project knows accounts by their hosts.
    public var host: HostID
    public var stamp: RequestStamp

    public static let signingContext = "caravan key replacement 1"

    public init(
        project: ProjectID, volunteer: VolunteerID, successor: VolunteerID, host: HostID, stamp: RequestStamp
    ) {
        self.project = project
        self.volunteer = volunteer
        self.successor = successor
        self.host = host
        self.stamp = stamp
    }
}

/// A key replacement with the signatures of both keys.
public struct ConfirmedReplacement: Codable, Hashable, Sendable {
    /// Signed by the key that is replaced.
    public var replacement: Signed<KeyReplacement>
    /// The successor's, over the same document.
    public var confirmation: Signature

    public static let confirmationContext = "caravan key confirmation 1"

    public init(_ replacement: KeyReplacement, by key: SigningKey, successor: SigningKey) throws {
        self.replacement = try Signed(replacement, by: key, context: KeyReplacement.signingContext)
        confirmation = successor.sign(Array(self.replacement.document.utf8), context: Self.confirmationContext)
    }

    /// The replacement, if both keys signed it.
    public func verified() throws(UntrustedDocument) -> KeyReplacement {
        let body = try replacement.verified(context: KeyReplacement.signingContext, by: \.volunteer)
        guard
            body.successor.isValid(
                confirmation, for: Array(replacement.document.utf8), context: Self.confirmationContext)
        else { throw .wrongSignature(type: "\(KeyReplacement.self)", key: body.successor) }
        return body
    }
}

/// The maintainer of a project refuses an account, or takes that back: signed by the project's key.
public struct AccountBan: Codable, Hashable, Sendable {
    public var project: ProjectID
    public var volunteer: VolunteerID
    public var isBanned: Bool
    /// For everybody to read, in the ledger; at most 200 characters.
    public var reason: String
    public var stamp: RequestStamp

    public static let signingContext = "caravan account ban 1"

    public init(project: ProjectID, volunteer: VolunteerID, isBanned: Bool, reason: String, stamp: RequestStamp) {
        self.project = project
        self.volunteer = volunteer
        self.isBanned = isBanned
        self.reason = reason
        self.stamp = stamp
    }
}
