import WorkUnits

/// Who took part: the same rules that the coordinator decided by, from the documents that everybody signed.
extension LedgerVerifier {
    /// Hosts that joined so far.
    public var hostCount: Int { hosts.count }

    /// The account that a host belongs to, under the key that it has after the entries so far; nil for an unknown host.
    public func volunteer(of host: HostID) -> VolunteerID? { hosts[host].map(members.volunteer) }

    /// The team that a host's work is counted with.
    public func team(of host: HostID) -> String? { hosts[host]?.team }

    /// Whether two hosts have joined, and belong to one account or one team.
    func areTogether(_ first: HostID, _ second: HostID) -> Bool {
        guard let first = hosts[first], let second = hosts[second] else { return false }
        return members.areTogether(first, second)
    }

    func requireStanding(_ host: HostID) throws(LedgerViolation) {
        guard let member = hosts[host] else {
            throw violation("contribution.host", expected: "a host that joined before", found: "\(host)")
        }
        try allowing("contribution.host") { () throws(MembershipRefusal) in
            try members.requireStanding(host, member)
        }
    }

    mutating func verifyJoining(_ signed: Signed<HostRegistration>) throws(LedgerViolation) {
        guard let description else {
            throw violation("record", expected: "the project's opening", found: "a registration")
        }
        let body = try signed.trusted("registration", self) { () throws(UntrustedDocument) in
            try signed.verified(context: HostRegistration.signingContext, by: \.host)
        }
        try expect("registration.project", project, body.project)
        let joining: Joining
        do {
            joining = try body.joining(under: description.admission)
        } catch {
            throw violation("registration", expected: "that of a host that may join", found: "\(error)")
        }
        let known = hosts[joining.host]
        let member = try allowing("registration") { () throws(MembershipRefusal) in
            try members.member(joining, known: known)
        }
        guard let member else {
            throw violation("registration.certificate", expected: "a later one than before", found: "none")
        }
        if known == nil { members.admit(joining) }
        hosts[joining.host] = member
    }

    mutating func verifyRevocation(_ signed: Signed<HostRevocation>) throws(LedgerViolation) {
        let body = try signed.trusted("revocation", self) { () throws(UntrustedDocument) in
            try signed.verified(context: HostRevocation.signingContext, by: \.volunteer)
        }
        try expect("revocation.project", project, body.project)
        let member = try allowing("revocation") { () throws(MembershipRefusal) in
            try members.revoked(body.host, hosts[body.host], by: body.volunteer)
        }
        guard let member else {
            throw violation("revocation.host", expected: "a host that was not revoked", found: "\(body.host)")
        }
        hosts[body.host] = member
    }

    mutating func verifyReplacement(_ confirmed: ConfirmedReplacement) throws(LedgerViolation) {
        let body = try confirmed.replacement.trusted("replacement", self) { () throws(UntrustedDocument) in
            try confirmed.verified()
        }
        try expect("replacement.project", project, body.project)
        let changes = try allowing("replacement") { () throws(MembershipRefusal) in
            try members.allows(body.volunteer, replacedBy: body.successor, body.host, hosts[body.host])
        }
        try expect("replacement.volunteer", true, changes)
        members.replace(body.volunteer, by: body.successor)
    }

    mutating func verifyBan(_ signed: Signed<AccountBan>) throws(LedgerViolation) {
        let body = try signed.trusted("ban", self) { () throws(UntrustedDocument) in
            try signed.verified(by: project, context: AccountBan.signingContext)
        }
        try expect("ban.project", project, body.project)
        try expect("ban.isBanned", !members.isBanned(body.volunteer), body.isBanned)
        _ = members.ban(body.volunteer, body.isBanned)
    }

    private func allowing<Result>(
        _ field: String, _ rule: () throws(MembershipRefusal) -> Result
    ) throws(LedgerViolation) -> Result {
        do {
            return try rule()
        } catch {
            throw violation(field, expected: "what members may do", found: "\(error)")
        }
    }
}

extension Signed {
    /// The body of a document whose signature holds.
    fileprivate func trusted(
        _ field: String, _ verifier: LedgerVerifier, _ verified: () throws(UntrustedDocument) -> Body
    ) throws(LedgerViolation) -> Body {
        do {
            return try verified()
        } catch {
            throw verifier.violation("\(field).signature", expected: "that of who it names", found: "\(error)")
        }
    }
}
