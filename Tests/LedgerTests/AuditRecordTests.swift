import Ledger
import TestSupport
import Testing
import WorkUnits

/// What the ledger says of audits, and what follows from it for credit.
@Suite struct AuditRecordTests {
    private let always = AuditRule(share: 1)
    private let host = SigningKey.example(7)
    private let other = SigningKey.example(8)

    private func verifier(_ ledger: ExampleLedger) throws -> LedgerVerifier {
        var verifier = LedgerVerifier(project: ledger.project)
        for text in ledger.texts { try verifier.verify(text) }
        return verifier
    }

    private func refusal(_ ledger: ExampleLedger) -> String? {
        do {
            _ = try verifier(ledger)
            return nil
        } catch {
            return (error as? LedgerViolation)?.field
        }
    }

    @Test func `draws that are not answered are counted`() throws {
        var ledger = try ExampleLedger.begun(audit: always)
        try ledger.contribute(index: 0)
        #expect(try verifier(ledger).openAudits == 1, "every entry draws its own answer")
        try ledger.contribute(index: 1, host: other)
        #expect(try verifier(ledger).openAudits == 2)
        try ledger.confirm(ExampleLedger.contribution(0, of: host), by: nil)
        #expect(try verifier(ledger).openAudits == 1)
        try ledger.convict(ExampleLedger.contribution(1, of: other), struck: [1])
        #expect(try verifier(ledger).openAudits == 0)
        #expect(try verifier(.complete()).openAudits == 0, "nothing is drawn where nothing is audited")
    }

    @Test func `an audit is an answer that is drawn, and an audit of an audit is not`() throws {
        var ledger = try ExampleLedger.begun(audit: always)
        let (answer, third) = (ExampleLedger.contribution(0, of: host), SigningKey.example(6))
        try ledger.join(third)
        try ledger.contribute(index: 50, host: third, counts: false)
        try ledger.confirm(ExampleLedger.contribution(50, of: third), by: nil)
        try ledger.contribute(index: 0)
        try ledger.confirm(answer, by: other)
        #expect(try verifier(ledger).openAudits == 1)
        var convicted = ledger
        try ledger.confirm(ExampleLedger.contribution(0, of: other), by: third)
        #expect(try verifier(ledger).openAudits == 0)
        try convicted.convict(ExampleLedger.contribution(0, of: other), struck: [])
        try convicted.convict(answer, struck: [0])
        #expect(try verifier(convicted).openAudits == 0)
    }

    @Test func `whoever looks at an audit has nothing to do with those it confirmed either`() throws {
        var ledger = try ExampleLedger.begun(audit: always)
        let (friend, stranger) = (SigningKey.example(6), SigningKey.example(5))
        try ledger.join(friend, account: host)
        try ledger.join(stranger)
        for (index, third) in zip(50..., [friend, stranger]) {
            try ledger.contribute(index: index, host: third, counts: false)
            try ledger.confirm(ExampleLedger.contribution(index, of: third), by: nil)
        }
        try ledger.contribute(index: 0)
        try ledger.confirm(ExampleLedger.contribution(0, of: host), by: other)
        for (third, field) in [(friend, "audited.submission.host"), (stranger, nil)] {
            var ledger = ledger
            try ledger.confirm(ExampleLedger.contribution(0, of: other), by: third)
            #expect(refusal(ledger) == field)
        }
    }

    @Test func `where answers may differ by a tolerance no host's audit is taken`() throws {
        for (tolerance, field) in [(0.02, "audited.submission"), (nil, nil)] {
            var ledger = try ExampleLedger.begun(audit: always, tolerance: tolerance)
            try ledger.contribute(index: 0)
            try ledger.confirm(ExampleLedger.contribution(0, of: host), by: other)
            #expect(refusal(ledger) == field)
        }
    }

    @Test func `only hosts that were found right since they began or were convicted count and audit`() throws {
        var ledger = try ExampleLedger.begun(audit: always)
        let newcomer = SigningKey.example(6)
        try ledger.join(newcomer)
        var hasty = ledger
        try hasty.contribute(index: 0, host: newcomer)
        #expect(refusal(hasty) == "contribution.host")
        var auditing = ledger
        try auditing.contribute(index: 0)
        try auditing.confirm(ExampleLedger.contribution(0, of: host), by: newcomer)
        #expect(refusal(auditing) == "audited.submission.host")

        for index in 0..<2 { try ledger.contribute(index: index) }
        try ledger.convict(ExampleLedger.contribution(0, of: host), struck: [0, 1])
        try ledger.confirm(ExampleLedger.contribution(1, of: host), by: other)
        var early = ledger
        try early.contribute(index: 2)
        #expect(refusal(early) == "contribution.host", "what it gave before says nothing of it since")
        try ledger.contribute(index: 3, counts: false)
        try ledger.confirm(ExampleLedger.contribution(3, of: host), by: other)
        try ledger.contribute(index: 2)
        #expect(refusal(ledger) == nil)
    }

    @Test func `audits and convictions that cannot be are refused`() throws {
        var begun = try ExampleLedger.begun(audit: always)
        try begun.contribute(index: 0)
        let answer = ExampleLedger.contribution(0, of: host)
        func field(_ change: (inout ExampleLedger) throws -> Void) throws -> String? {
            var ledger = begun
            try change(&ledger)
            return refusal(ledger)
        }
        #expect(try field { try $0.confirm(answer, by: other) } == nil)
        #expect(try field { try $0.confirm(answer, by: nil) } == nil)
        let unknown = ExampleLedger.contribution(0, of: other)
        #expect(try field { try $0.confirm(unknown, by: nil) } == "audited.contribution")
        #expect(try field { try $0.confirm(answer, by: host) } == "audited.submission.host")
        #expect(try field { try $0.confirm(answer, by: other, unit: .zero) } == "audited.submission.unit")
        #expect(try field { try $0.confirm(answer, by: other, signer: host) } == "audited.submission.signature")
        #expect(try field { try $0.convict(answer, struck: [0]) } == nil)
        #expect(try field { try $0.convict(answer, struck: [1]) } == "convicted.struck")
        #expect(try field { try $0.convict(answer, recomputed: [.zero], struck: [0]) } == "convicted.recomputed")
    }

    @Test func `work waits in escrow until it is confirmed, and a conviction burns what waits`() throws {
        var ledger = try ExampleLedger.begun(audit: always)
        for index in 0..<3 { try ledger.contribute(index: index) }
        func account(_ key: SigningKey) throws -> CreditBook.Account {
            var book = CreditBook()
            for text in ledger.texts {
                let entry = try CanonicalJSON.decode(LedgerEntry.self, from: Array(text.utf8))
                book.add(entry.record, digest: Digest(of: text.utf8)) { _ in 1_000_000 }
            }
            #expect(book.credit(tokens: 96) == 6 * 96 / 1e6)
            return book.accounts[key.verifyingKey] ?? CreditBook().accounts[key.verifyingKey] ?? .init()
        }
        #expect(try account(host).earned == 96 && account(host).escrow == 288)
        try ledger.confirm(ExampleLedger.contribution(1, of: host), by: other)
        #expect(try account(host).earned == 288 && account(host).escrow == 96, "what came before is confirmed with it")
        #expect(try account(other).audits == 1)
        #expect(try account(other).earned == 96 && account(other).escrow == 96, "an audit waits like any other answer")
        try ledger.convict(ExampleLedger.contribution(2, of: host), struck: [2])
        #expect(try account(host).earned == 288 && account(host).escrow == 0)
        #expect(try account(host).burned == 96 && account(host).convictions == 1)
    }

    @Test func `where nothing is audited nothing waits`() throws {
        var book = CreditBook()
        for text in try ExampleLedger.complete().texts {
            let entry = try CanonicalJSON.decode(LedgerEntry.self, from: Array(text.utf8))
            book.add(entry.record, digest: Digest(of: text.utf8)) { _ in 1 }
        }
        #expect(book.accounts.values.reduce(0) { $0 + $1.earned } == 5 * 96)
        #expect(book.accounts.values.allSatisfy { $0.escrow == 0 })
    }
}
