import Ledger
import TestSupport
import Testing
import WorkUnits

/// What a ledger must say of a host before its work may stand there.
struct MembershipTests {
    private static let (host, account) = (SigningKey.example(7), SigningKey.example(20))
    private let time = Timestamp(milliseconds: 0)

    /// A ledger whose host 7 belongs to account 20.
    private static func ledger() throws -> ExampleLedger {
        var ledger = ExampleLedger()
        try ledger.open()
        try ledger.publish(version: 0, height: 0)
        try ledger.join(host, account: account)
        return ledger
    }

    private func revocation(_ ledger: ExampleLedger, by key: SigningKey = account) throws -> LedgerRecord {
        let body = HostRevocation(
            project: ledger.project, volunteer: key.verifyingKey, host: Self.host.verifyingKey,
            stamp: RequestStamp(time))
        return .revoked(try Signed(body, by: key, context: HostRevocation.signingContext))
    }

    private func ban(_ ledger: ExampleLedger, by key: SigningKey = .example(1)) throws -> LedgerRecord {
        let body = AccountBan(
            project: ledger.project, volunteer: Self.account.verifyingKey, isBanned: true, reason: "",
            stamp: RequestStamp(time))
        return .banned(try Signed(body, by: key, context: AccountBan.signingContext))
    }

    private func replacement(_ ledger: ExampleLedger, confirmedBy key: SigningKey = .example(21)) throws -> LedgerRecord
    {
        let body = KeyReplacement(
            project: ledger.project, volunteer: Self.account.verifyingKey,
            successor: SigningKey.example(21).verifyingKey, host: Self.host.verifyingKey, stamp: RequestStamp(time))
        return .keyReplaced(try ConfirmedReplacement(body, by: Self.account, successor: key))
    }

    /// The field that the last entry breaks; nil when all is well.
    private func violation(_ ledger: ExampleLedger) throws -> String? {
        var verifier = LedgerVerifier(project: ledger.project)
        for text in ledger.texts.dropLast() { try verifier.verify(text) }
        do {
            try verifier.verify(ledger.texts[ledger.texts.count - 1])
            return nil
        } catch {
            return error.field
        }
    }

    @Test func `a contribution of a host that did not join is found`() throws {
        var ledger = try Self.ledger()
        try ledger.contribute(index: 0, host: .example(8))
        #expect(try violation(ledger) == "contribution.host")
        var late = try Self.ledger()
        try late.contribute(index: 0, host: .example(8), counts: false)
        #expect(try violation(late) == "contribution.host")
    }

    @Test func `a contribution after its host's revocation or ban is found, one before stays`() throws {
        for isBan in [false, true] {
            var ledger = try Self.ledger()
            try ledger.contribute(index: 0)
            try ledger.append(isBan ? ban(ledger) : revocation(ledger))
            #expect(try violation(ledger) == nil)
            try ledger.contribute(index: 1)
            #expect(try violation(ledger) == "contribution.host")
        }
    }

    @Test func `a host joins once, and again only with a later certificate`() throws {
        var ledger = try Self.ledger()
        try ledger.join(Self.host, account: Self.account)
        #expect(try violation(ledger) == "registration.certificate")
        var later = try Self.ledger()
        try later.join(Self.host, account: .example(30), certified: 1)
        #expect(try violation(later) == nil)
    }

    @Test func `documents of others are found`() throws {
        for record in [
            try revocation(Self.ledger(), by: .example(30)), try ban(Self.ledger(), by: .example(30)),
            try replacement(Self.ledger(), confirmedBy: .example(30)),
        ] {
            var ledger = try Self.ledger()
            try ledger.append(record)
            #expect(try violation(ledger) != nil)
        }
        var forged = try Self.ledger()
        var registration = try SigningKey.example(8).registration(in: forged.project, at: time)
        registration.signature = SigningKey.example(9).sign([], context: "")
        try forged.append(.joined(registration))
        #expect(try violation(forged) == "registration.signature")
        var foreign = try Self.ledger()
        try foreign.append(.joined(SigningKey.example(8).registration(in: Self.host.verifyingKey, at: time)))
        #expect(try violation(foreign) == "registration.project")
    }

    @Test func `anyone can tell which account a host belongs to`() throws {
        var ledger = try Self.ledger()
        try ledger.append(replacement(ledger))
        var verifier = LedgerVerifier(project: ledger.project)
        for text in ledger.texts { try verifier.verify(text) }
        #expect(verifier.volunteer(of: Self.host.verifyingKey) == SigningKey.example(21).verifyingKey)
        #expect(verifier.hostCount == 1 && verifier.volunteer(of: ledger.project) == nil)
    }
}
