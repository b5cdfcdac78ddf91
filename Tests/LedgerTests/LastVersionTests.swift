import Ledger
import TestSupport
import Testing
import WorkUnits

/// What the ledger says at the end of a run. Two contributions make its one version.
@Suite struct LastVersionTests {
    private let host = SigningKey.example(7)
    private let other = SigningKey.example(8)

    /// Host 7 and then host 8 have given all there is.
    private func complete(audit: AuditRule = AuditRule(share: 1)) throws -> ExampleLedger {
        var ledger = try ExampleLedger.begun(audit: audit, lastVersion: 1)
        try ledger.contribute(index: 0)
        try ledger.contribute(index: 1, host: other)
        return ledger
    }

    private func refusal(_ ledger: ExampleLedger) throws -> String? {
        var verifier = LedgerVerifier(project: ledger.project)
        do {
            for text in ledger.texts { try verifier.verify(text) }
            return nil
        } catch {
            return error.field
        }
    }

    private func book(_ ledger: ExampleLedger) throws -> CreditBook {
        var book = CreditBook()
        for text in ledger.texts {
            let entry = try CanonicalJSON.decode(LedgerEntry.self, from: Array(text.utf8))
            book.add(entry.record, digest: Digest(of: text.utf8)) { _ in 1 }
        }
        return book
    }

    private func confirm(_ index: Int, of host: SigningKey, in ledger: inout ExampleLedger) throws {
        try ledger.confirm(ExampleLedger.contribution(index, of: host), by: nil)
    }

    @Test func `a last version that did not wait for an audit is refused`() throws {
        var ledger = try complete()
        try confirm(0, of: host, in: &ledger)
        var hasty = ledger
        try hasty.publish(version: 1, height: 2)
        #expect(try refusal(hasty) == "checkpoint.version")
        try confirm(1, of: other, in: &ledger)
        try ledger.publish(version: 1, height: 2)
        #expect(try refusal(ledger) == nil)
    }

    @Test func `more contributions than the run has are refused`() throws {
        var ledger = try complete(audit: AuditRule(share: 0))
        try ledger.contribute(index: 2)
        #expect(try refusal(ledger) == "contribution.index")
        #expect(try refusal(ExampleLedger.begun(lastVersion: 0)) == "project.lastVersion")
        #expect(try refusal(ExampleLedger.begun(lastVersion: .max)) == "project.lastVersion")
    }

    /// Both are confirmed, and the newest answers wait in escrow all the same.
    private func confirmed() throws -> ExampleLedger {
        var ledger = try complete()
        try confirm(0, of: host, in: &ledger)
        try confirm(1, of: other, in: &ledger)
        #expect(try book(ledger).accounts.values.allSatisfy { $0.escrow == 96 && $0.earned == 96 })
        try ledger.publish(version: 1, height: 2)
        #expect(try refusal(ledger) == nil)
        return ledger
    }

    @Test func `what waits in escrow is released with the last version`() throws {
        let accounts = try book(confirmed()).accounts
        #expect(accounts.count == 2 && accounts.values.allSatisfy { $0.escrow == 0 && $0.earned == 2 * 96 })
    }

    @Test func `a host with an open audit has its escrow when that is answered, and others do not wait for it`() throws
    {
        var ledger = try confirmed()
        try ledger.contribute(index: 5, host: other, counts: false)
        try ledger.contribute(index: 6, counts: false)
        try confirm(6, of: host, in: &ledger)
        #expect(try book(ledger).accounts[other.verifyingKey]?.escrow == 96)
        #expect(try book(ledger).accounts[host.verifyingKey]?.escrow == 0)
        var right = ledger
        try confirm(5, of: other, in: &right)
        #expect(try book(right).accounts[other.verifyingKey]?.earned == 3 * 96)
        try ledger.convict(ExampleLedger.contribution(5, of: other), struck: [])
        let account = try #require(try book(ledger).accounts[other.verifyingKey])
        #expect(account.burned == 96 && account.earned == 2 * 96)
    }
}
