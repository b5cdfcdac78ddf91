import TestSupport
import Testing
import WorkUnits

/// Who may take part, as rules over documents that were verified.
struct MembershipTests {
    private let host = SigningKey.example(1).verifyingKey
    private let account = SigningKey.example(2).verifyingKey
    private let other = SigningKey.example(3).verifyingKey
    private let key = SigningKey.example(4).verifyingKey

    private func joining(
        _ volunteer: VolunteerID? = nil, team: String? = nil, at time: Int64 = 0,
        _ admittance: Joining.Admittance = .proof
    ) -> Joining {
        Joining(
            host: host, volunteer: volunteer ?? account, team: team, certified: Timestamp(milliseconds: time),
            admittance: admittance)
    }

    @Test func `a new host needs a proof or an invitation, a known one nothing`() throws {
        let members = Membership()
        #expect(throws: MembershipRefusal.admissionRequired) { try members.member(joining(nil, .nothing), known: nil) }
        let member = try #require(try members.member(joining(), known: nil))
        #expect(member.volunteer == account && members.volunteer(of: member) == account)
        #expect(try members.member(joining(nil, .nothing), known: member) == nil)
    }

    @Test func `a later certificate changes team and volunteer, an older one nothing`() throws {
        let members = Membership()
        let member = Member(joining(at: 5))
        #expect(try members.member(joining(other, at: 5, .nothing), known: member) == nil)
        let changed = try #require(try members.member(joining(other, team: "red", at: 6, .nothing), known: member))
        #expect(changed.volunteer == other && changed.team == "red")
    }

    @Test func `a host changes its certificate so often and no more`() throws {
        let members = Membership()
        var member = Member(joining())
        for time in 1...Membership.maximumChanges {
            member = try #require(try members.member(joining(at: Int64(time)), known: member))
        }
        #expect(throws: MembershipRefusal.tooManyChanges) { try members.member(joining(at: 99), known: member) }
    }

    @Test func `an invitation lets in as many hosts as it says`() throws {
        var members = Membership()
        for _ in 0..<2 {
            let guest = joining(nil, .invitation(key, hosts: 2))
            #expect(try members.member(guest, known: nil) != nil)
            members.admit(guest)
        }
        #expect(throws: MembershipRefusal.invitationUsedUp(hosts: 2)) {
            try members.member(joining(nil, .invitation(key, hosts: 2)), known: nil)
        }
    }

    @Test func `a revoked host is out for good, and only its volunteer can say so`() throws {
        let members = Membership()
        let member = Member(joining())
        #expect(throws: MembershipRefusal.notYourHost(host)) { try members.revoked(host, member, by: other) }
        #expect(throws: MembershipRefusal.notYourHost(host)) { try members.revoked(host, nil, by: account) }
        let revoked = try #require(try members.revoked(host, member, by: account))
        #expect(throws: MembershipRefusal.revokedHost(host)) { try members.requireStanding(host, revoked) }
        #expect(throws: MembershipRefusal.revokedHost(host)) { try members.member(joining(at: 9), known: revoked) }
        #expect(try members.revoked(host, revoked, by: account) == nil)
    }

    @Test func `a banned account's hosts are refused until the ban is lifted`() throws {
        var members = Membership()
        let member = Member(joining())
        let bans = (members.ban(account, true), members.ban(account, true))
        #expect(bans == (true, false))
        #expect(throws: MembershipRefusal.bannedVolunteer(account)) { try members.requireStanding(host, member) }
        #expect(throws: MembershipRefusal.bannedVolunteer(account)) { try members.member(joining(), known: nil) }
        // Neither another certificate nor another key leads out of it.
        #expect(throws: MembershipRefusal.bannedVolunteer(account)) {
            try members.member(joining(other, at: 9), known: member)
        }
        #expect(throws: MembershipRefusal.bannedVolunteer(account)) {
            try members.allows(account, replacedBy: other, host, member)
        }
        let isLifted = members.ban(account, false)
        #expect(isLifted)
        try members.requireStanding(host, member)
    }

    @Test func `an account goes on under its new key, with its hosts`() throws {
        var members = Membership()
        let member = Member(joining())
        #expect(throws: MembershipRefusal.notYourHost(host)) {
            try members.allows(other, replacedBy: key, host, member)
        }
        #expect(try members.allows(account, replacedBy: other, host, member))
        members.replace(account, by: other)
        #expect(members.volunteer(of: member) == other)
        #expect(try !members.allows(account, replacedBy: other, host, member))
        let gone = MembershipRefusal.replacedKey(account, by: other)
        #expect(throws: gone) { try members.member(joining(), known: nil) }
        #expect(throws: gone) { try members.revoked(host, member, by: account) }
        #expect(throws: gone) { try members.allows(account, replacedBy: key, host, member) }
        // No way back, which would be a circle.
        #expect(throws: gone) { try members.allows(other, replacedBy: account, host, member) }
        #expect(try members.revoked(host, member, by: other) != nil)
        _ = members.ban(account, true)
        #expect(members.isBanned(other))
    }

    @Test func `an account has so many keys and no more`() throws {
        var members = Membership()
        let member = Member(joining())
        var key = account
        for number in 0..<Membership.maximumChanges {
            let next = SigningKey.example(UInt8(100 + number)).verifyingKey
            #expect(try members.allows(key, replacedBy: next, host, member))
            members.replace(key, by: next)
            key = next
        }
        #expect(throws: MembershipRefusal.tooManyChanges) {
            try members.allows(key, replacedBy: other, host, member)
        }
        #expect(throws: MembershipRefusal.tooManyChanges) {
            try Membership().allows(account, replacedBy: account, host, member)
        }
    }

    @Test func `what is known of members is read as it was written`() throws {
        var members = Membership()
        _ = members.ban(other, true)
        members.replace(account, by: key)
        members.admit(joining(nil, .invitation(key, hosts: 2)))
        #expect(try CanonicalJSON.decode(Membership.self, from: CanonicalJSON.encode(members)) == members)
    }
}
