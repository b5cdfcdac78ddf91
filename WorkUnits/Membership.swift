/// A host as a member of a project: whose it is.
public struct Member: Codable, Hashable, Sendable {
    /// As its certificate says; `Membership.volunteer` knows under which key that account goes on.
    public fileprivate(set) var volunteer: VolunteerID
    public fileprivate(set) var team: String?
    fileprivate var certified: Timestamp
    /// Later certificates since it joined; nil for none.
    fileprivate var changes: Int?
    /// Its volunteer took it out; nil for no.
    fileprivate var isRevoked: Bool?

    public init(_ joining: Joining) {
        volunteer = joining.volunteer
        team = joining.team
        certified = joining.certified
    }
}

/// Who may take part in a project: what the coordinator decides by, and anyone who reads its ledger.
///
/// Has the accounts that are out of the ordinary; the hosts are with whoever asks, as there may be a million.
public struct Membership: Codable, Hashable, Sendable {
    private var banned: [VolunteerID: Bool] = [:]
    private var successors: [VolunteerID: VolunteerID] = [:]
    /// How many keys an account has had before this one.
    private var generations: [VolunteerID: Int] = [:]
    /// Hosts that an invitation let in, by its key.
    private var guests: [VerifyingKey: Int] = [:]

    /// Certificates of a host after the first, and keys of an account after the first: each is kept for ever.
    public static let maximumChanges = 16

    public init() {}

    // MARK: Who is who

    /// The account that a host belongs to, under the key that it has now.
    public func volunteer(of member: Member) -> VolunteerID { current(member.volunteer) }

    /// Whether two hosts belong to one account or one team.
    public func areTogether(_ first: Member, _ second: Member) -> Bool {
        volunteer(of: first) == volunteer(of: second) || first.team.map { $0 == second.team } ?? false
    }

    /// Follows the replacements of an account's key.
    public func current(_ volunteer: VolunteerID) -> VolunteerID {
        var key = volunteer
        while let next = successors[key] { key = next }
        return key
    }

    public func isBanned(_ volunteer: VolunteerID) -> Bool { banned[current(volunteer)] != nil }

    /// Refuses a host that may not take part any more.
    public func requireStanding(_ host: HostID, _ member: Member) throws(MembershipRefusal) {
        guard member.isRevoked == nil else { throw .revokedHost(host) }
        try requireUnbanned(member.volunteer)
    }

    private func requireUnbanned(_ volunteer: VolunteerID) throws(MembershipRefusal) {
        if isBanned(volunteer) { throw .bannedVolunteer(current(volunteer)) }
    }

    private func requireCurrent(_ volunteer: VolunteerID) throws(MembershipRefusal) {
        guard successors[volunteer] == nil else { throw .replacedKey(volunteer, by: current(volunteer)) }
    }

    // MARK: What changes

    /// What a registration makes of a host; nil when that changes nothing, such as with an older certificate.
    ///
    /// - Parameter known: the host as it is; nil for a new one.
    public func member(_ joining: Joining, known: Member?) throws(MembershipRefusal) -> Member? {
        if let known {
            try requireStanding(joining.host, known)
            guard joining.certified > known.certified else { return nil }
        }
        try requireCurrent(joining.volunteer)
        try requireUnbanned(joining.volunteer)
        var member = Member(joining)
        if let known {
            let changes = (known.changes ?? 0) + 1
            guard changes <= Self.maximumChanges else { throw .tooManyChanges }
            member.changes = changes
            return member
        }
        switch joining.admittance {
        case .nothing: throw .admissionRequired
        case .proof: break
        case .invitation(let key, let hosts):
            guard guests[key, default: 0] < hosts else { throw .invitationUsedUp(hosts: hosts) }
        }
        return member
    }

    /// Counts a new member: `member` allowed it.
    public mutating func admit(_ joining: Joining) {
        if case .invitation(let key, _) = joining.admittance { guests[key, default: 0] += 1 }
    }

    /// What a host becomes by its volunteer's revocation; nil for one that was revoked before.
    public func revoked(
        _ host: HostID, _ member: Member?, by volunteer: VolunteerID
    ) throws(MembershipRefusal) -> Member? {
        try requireCurrent(volunteer)
        guard var member, current(member.volunteer) == volunteer else { throw .notYourHost(host) }
        guard member.isRevoked == nil else { return nil }
        member.isRevoked = true
        return member
    }

    /// - Parameter member: one of the account's hosts.
    /// - Returns: whether this changes something: it may have been done before.
    public func allows(
        _ key: VolunteerID, replacedBy successor: VolunteerID, _ host: HostID, _ member: Member?
    ) throws(MembershipRefusal) -> Bool {
        if successors[key] == successor { return false }
        try requireCurrent(key)
        guard let member, current(member.volunteer) == key else { throw .notYourHost(host) }
        try requireUnbanned(key)
        try requireCurrent(successor)
        try requireUnbanned(successor)
        guard key != successor, generation(after: key) <= Self.maximumChanges else { throw .tooManyChanges }
        return true
    }

    private func generation(after key: VolunteerID) -> Int { generations[key, default: 0] + 1 }

    /// `allows` said that it changes something.
    public mutating func replace(_ key: VolunteerID, by successor: VolunteerID) {
        generations[successor] = max(generation(after: key), generations[successor, default: 0])
        successors[key] = successor
    }

    /// - Returns: whether this changed something.
    public mutating func ban(_ volunteer: VolunteerID, _ isBanned: Bool) -> Bool {
        let account = current(volunteer)
        guard (banned[account] != nil) != isBanned else { return false }
        banned[account] = isBanned ? true : nil
        return true
    }
}

/// Why a host or an account may not do something. The description says what to do instead.
public enum MembershipRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// The project asks for a proof of work or an invitation.
    case admissionRequired
    case invitationUsedUp(hosts: Int)
    case revokedHost(HostID)
    case bannedVolunteer(VolunteerID)
    case replacedKey(VolunteerID, by: VolunteerID)
    /// The host is not of the account that speaks, or of none.
    case notYourHost(HostID)
    case tooManyChanges

    public var description: String {
        switch self {
        case .admissionRequired:
            "this project lets a new host in with a proof of work or an invitation, as its description says: send one along"
        case .invitationUsedUp(let hosts):
            "the invitation let in the \(hosts) hosts that it was for: ask the project's people for another"
        case .revokedHost(let host):
            "host \(host.short) was revoked by its volunteer: join with a new folder, which has a new key"
        case .bannedVolunteer(let volunteer):
            "account \(volunteer.short) was banned by the project's people: its ledger says why; ask them"
        case .replacedKey(let key, let successor):
            "account \(key.short) goes on under key \(successor.short): certify the host with that one"
        case .notYourHost(let host): "host \(host.short) does not belong to this account: name one that does"
        case .tooManyChanges:
            "this was changed \(Membership.maximumChanges) times already: begin anew, with a new host or account"
        }
    }
}
