import Ledger
import TestSupport
import Testing
import WorkUnits

@Suite struct LedgerVerifierTests {
    @Test func `a whole ledger is true, entry by entry`() throws {
        let ledger = try ExampleLedger.complete()
        var verifier = LedgerVerifier(project: ledger.project)
        for (index, text) in ledger.texts.enumerated() {
            #expect(try verifier.verify(text).index == index)
        }
        try verifier.verify(head: ledger.head())
        #expect(verifier.chain == ledger.chain)
        #expect(verifier.height == 5)
        #expect(verifier.version == 2)
        #expect(verifier.description?.mergeEvery == 2)
    }

    @Test func `a flipped bit anywhere is found, and the signed head tells in which entry`() throws {
        let ledger = try ExampleLedger.complete()
        let head = try ledger.head()
        var before = LedgerVerifier(project: ledger.project)
        for (index, text) in ledger.texts.enumerated() {
            for position in text.utf8.indices {
                let damaged = String(decoding: text.utf8.flippingLowestBit(at: position), as: UTF8.self)
                let violation = #expect(throws: LedgerViolation.self) {
                    var verifier = before
                    try verifier.verify(damaged)
                    for text in ledger.texts[(index + 1)...] { try verifier.verify(text) }
                    try verifier.verify(head: head)
                }
                #expect([index, index + 1].contains(violation?.entry))
                let changed = try head.unverified().changedEntry { $0 == index ? damaged : ledger.texts[$0] }
                #expect(changed == index)
            }
            try before.verify(text)
        }
    }

    @Test func `a missing, doubled or exchanged entry is found`() throws {
        let ledger = try ExampleLedger.complete()
        let head = try ledger.head()
        for index in ledger.texts.indices {
            var missing = ledger.texts
            missing.remove(at: index)
            #expect(throws: LedgerViolation.self) { try ledger.verify(missing, head: head) }
            var doubled = ledger.texts
            doubled.insert(doubled[index], at: index)
            #expect(throws: LedgerViolation.self) { try ledger.verify(doubled, head: head) }
            var exchanged = ledger.texts
            exchanged.swapAt(index, (index + 1) % exchanged.count)
            #expect(throws: LedgerViolation.self) { try ledger.verify(exchanged, head: head) }
        }
    }

    @Test func `an untouched ledger has no changed entry`() throws {
        let ledger = try ExampleLedger.complete()
        #expect(try ledger.head().unverified().changedEntry { ledger.texts[$0] } == nil)
    }

    @Test func `a message names entry, field and what was expected`() throws {
        let ledger = try ExampleLedger.complete()
        var texts = ledger.texts
        texts[5] = texts[5].replacing(#""tokens":96"#, with: #""tokens":97"#)
        let changed = Digest(of: texts[5].utf8)
        let violation = #expect(throws: LedgerViolation.self) { try ledger.verify(texts, head: ledger.head()) }
        #expect(
            violation?.description == "ledger entry 6: previous should be \(changed), the digest of the entry before, "
                + "but is \(Digest(of: ledger.texts[5].utf8))")
    }

    @Test func `a refused entry leaves the verifier where it was`() throws {
        let ledger = try ExampleLedger.complete()
        var verifier = LedgerVerifier(project: ledger.project)
        for text in ledger.texts {
            #expect(throws: LedgerViolation.self) { try verifier.verify(text + " ") }
            try verifier.verify(text)
        }
        try verifier.verify(head: ledger.head())
    }

    @Test func `a ledger of another project is refused`() throws {
        let ledger = try ExampleLedger.complete()
        var verifier = LedgerVerifier(project: SigningKey.example(9).verifyingKey)
        let violation = #expect(throws: LedgerViolation.self) { try verifier.verify(ledger.texts[0]) }
        #expect(violation?.field == "project.signature")
    }

    @Test func `a head signed by someone else, or of another length, is refused`() throws {
        let ledger = try ExampleLedger.complete()
        let forged = try ledger.chain.signedHead(by: .example(9))
        var shorter = LedgerChain()
        for text in ledger.texts.dropLast() { shorter.append(Digest(of: text.utf8)) }
        for head in [forged, try shorter.signedHead(by: .example(1))] {
            #expect(throws: LedgerViolation.self) { try ledger.verify(ledger.texts, head: head) }
        }
    }
}

extension String.UTF8View {
    fileprivate func flippingLowestBit(at position: Index) -> [UInt8] {
        var bytes = Array(self)
        bytes[distance(from: startIndex, to: position)] ^= 1
        return bytes
    }
}
