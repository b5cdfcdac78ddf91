import Ledger
import TestSupport
import Testing
import WorkUnits

/// What the ledger says at the end of a run. Two contributions make the one version of each.
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

    @Test func `the last contribution is audited whatever is drawn, and others as the next entry says`() throws {
        var ledger = try ExampleLedger.begun(audit: AuditRule(share: 1e-9), lastVersion: 2)
        for index in 0..<2 { try ledger.contribute(index: index) }
        try confirm(0, of: host, in: &ledger)
        try confirm(1, of: host, in: &ledger)
        try ledger.publish(version: 1, height: 2)
        for index in 2..<4 { try ledger.contribute(index: index, baseVersion: 1) }
        var verifier = LedgerVerifier(project: ledger.project)
        for text in ledger.texts { try verifier.verify(text) }
        #expect(verifier.openAudits >= 1)
        let beforeLast = ledger.texts.dropLast()
        verifier = LedgerVerifier(project: ledger.project)
        for text in beforeLast { try verifier.verify(text) }
        #expect(verifier.openAudits == 0)
    }

    @Test func `more contributions than the run has are refused`() throws {
        var ledger = try complete(audit: AuditRule(share: 0))
        try ledger.contribute(index: 2)
        #expect(try refusal(ledger) == "contribution.index")
        #expect(try refusal(ExampleLedger.begun(lastVersion: 0)) == "project.lastVersion")
        #expect(try refusal(ExampleLedger.begun(lastVersion: .max)) == "project.lastVersion")
    }

    @Test func `what waits in escrow is released with the last version`() throws {
        var ledger = try ExampleLedger.begun(audit: AuditRule(share: 1e-9), lastVersion: 2)
        for index in 0..<2 { try ledger.contribute(index: index, host: index == 0 ? host : other) }
        for (index, host) in [host, other].enumerated() { try confirm(index, of: host, in: &ledger) }
        try ledger.publish(version: 1, height: 2)
        for index in 2..<4 { try ledger.contribute(index: index, baseVersion: 1, host: index == 2 ? host : other) }
        try confirm(2, of: host, in: &ledger)
        try ledger.contribute(index: 9, host: host, counts: false)
        try confirm(3, of: other, in: &ledger)
        #expect(try book(ledger).accounts[host.verifyingKey]?.escrow == 96)
        try ledger.publish(version: 2, height: 4)
        let released = try book(ledger).accounts
        #expect(released[host.verifyingKey]?.escrow == 0 && released[host.verifyingKey]?.earned == 3 * 96)
        #expect(released[other.verifyingKey]?.earned == 2 * 96)
        #expect(try refusal(ledger) == nil)
    }

    @Test func `a host with an open audit has its escrow when that is answered, and others do not wait for it`() throws
    {
        var ledger = try complete()
        try confirm(0, of: host, in: &ledger)
        try confirm(1, of: other, in: &ledger)
        // Drawn by the last version's entry.
        try ledger.contribute(index: 5, host: other, counts: false)
        try ledger.publish(version: 1, height: 2)
        #expect(try refusal(ledger) == nil)
        #expect(try book(ledger).accounts[other.verifyingKey]?.escrow == 96)
        #expect(try book(ledger).accounts[host.verifyingKey]?.escrow == 0)
        var confirmed = ledger
        try confirm(5, of: other, in: &confirmed)
        #expect(try book(confirmed).accounts[other.verifyingKey]?.earned == 2 * 96)
        try ledger.convict(ExampleLedger.contribution(5, of: other), struck: [])
        #expect(try book(ledger).accounts[other.verifyingKey]?.burned == 96)
        #expect(try book(ledger).accounts[other.verifyingKey]?.earned == 96)
    }
}
