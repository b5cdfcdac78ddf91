import Ledger
import TestSupport
import Testing
import WorkUnits

/// Chains whose links are right and whose records are not.
@Suite struct LedgerRulesTests {
    @Test func `the first entry opens the project, and no other`() throws {
        var ledger = ExampleLedger()
        try ledger.publish(version: 0, height: 0)
        #expect(try ledger.violation() == Violation(0, "record"))
        var twice = try ExampleLedger.begun()
        try twice.open()
        #expect(try twice.violation() == Violation(4, "record"))
        var early = ExampleLedger()
        try early.open()
        try early.contribute(index: 0)
        #expect(try early.violation() == Violation(1, "record"))
    }

    @Test func `a unit counts once`() throws {
        var ledger = try ExampleLedger.begun()
        try ledger.contribute(index: 4)
        try ledger.contribute(index: 4, host: .example(8))
        #expect(try ledger.violation() == Violation(5, "contribution.index"))
    }

    @Test func `a contribution from a version that is too old cannot count and may earn credit`() throws {
        var ledger = try ExampleLedger.begun()
        for version in 1...2 {
            for index in 0..<2 { try ledger.contribute(index: 2 * version + index, baseVersion: version - 1) }
            try ledger.publish(version: version, height: 2 * version)
        }
        var fresh = ledger
        try ledger.contribute(index: 9, baseVersion: 0)
        #expect(try ledger.violation() == Violation(10, "contribution.baseVersion"))
        try fresh.contribute(index: 9, baseVersion: 0, counts: false)
        try fresh.contribute(index: 9, baseVersion: 1)
        try fresh.publish(version: 3, height: 6)
        #expect(try fresh.violation() == Violation(12, "checkpoint.height"), "what earns credit is no contribution")
    }

    @Test func `work that earns credit only is signed by its host like any other`() throws {
        var forged = ExampleLedger.Forgery()
        forged.signature = true
        var ledger = try ExampleLedger.begun()
        try ledger.contribute(index: 0, forged: forged, counts: false)
        #expect(try ledger.violation() == Violation(4, "submission.signature"))
    }

    @Test func `a version that is not published cannot be a base`() throws {
        for base in [1, -1] {
            var ledger = try ExampleLedger.begun()
            try ledger.contribute(index: 0, baseVersion: base)
            #expect(try ledger.violation() == Violation(4, "contribution.baseVersion"))
        }
    }

    @Test func `a contribution agrees with what its host signed`() throws {
        let forgeries: [(String, WritableKeyPath<ExampleLedger.Forgery, Bool>)] = [
            ("host", \.host), ("unit", \.unit), ("update", \.update), ("project", \.project),
            ("signature", \.signature),
        ]
        for (field, forgery) in forgeries {
            var forged = ExampleLedger.Forgery()
            forged[keyPath: forgery] = true
            var ledger = try ExampleLedger.begun()
            try ledger.contribute(index: 0, forged: forged)
            #expect(try ledger.violation() == Violation(4, "submission.\(field)"))
        }
    }

    @Test func `versions follow each other at merge heights`() throws {
        let wrong: [(version: Int, height: Int, field: String)] = [
            (2, 2, "checkpoint.version"), (0, 0, "checkpoint.version"), (1, 1, "checkpoint.height"),
            (1, 4, "checkpoint.height"),
        ]
        for (version, height, field) in wrong {
            var ledger = try ExampleLedger.begun()
            try ledger.contribute(index: 0)
            try ledger.contribute(index: 1)
            try ledger.publish(version: version, height: height)
            #expect(try ledger.violation() == Violation(6, field))
        }
    }

    @Test func `a version needs its contributions before it`() throws {
        var ledger = try ExampleLedger.begun()
        try ledger.contribute(index: 0)
        try ledger.publish(version: 1, height: 2)
        #expect(try ledger.violation() == Violation(5, "checkpoint.height"))
    }

    @Test func `an empty chain has a head that can be verified`() throws {
        let ledger = ExampleLedger()
        try ledger.verify([], head: ledger.head())
        #expect(ledger.chain.head == .zero)
    }

    @Test func `an entry is written as the format says`() throws {
        var ledger = ExampleLedger()
        try ledger.publish(version: 0, height: 0)
        let zero = Digest.zero.description
        let weights = Digest(of: "0".utf8).description
        #expect(
            ledger.texts == [
                #"{"index":0,"nonce":8642984557555012,"previous":"\#(zero)","record":{"checkpoint":{"height":0,"#
                    + #""manifest":"\#(zero)","version":0,"weights":{"bytes":1,"version":0,"weights":"\#(weights)"}}},"time":1000}"#
            ])
        #expect(ledger.chain.head == Digest(of: ledger.texts[0].utf8))
        try ledger.contribute(index: 0)
        #expect(ledger.texts[1].contains(#""record":{"contribution":{"contribution":{"baseVersion":0,"#))
        #expect(ledger.texts[1].contains(#"},"submission":{"document":"{\"assignment\":0,"#))
        try ledger.open()
        #expect(
            ledger.texts[2].contains(
                #""record":{"opened":{"project":{"document":"{\"admission\":{\"open\":{\"proofBits\":0}},\"audit\":{\"share\":0},"#
            )
        )
    }

    @Test func `a chain goes on from where it was written`() throws {
        var whole = try ExampleLedger.begun()
        var resumed = LedgerChain(head: whole.chain.head, edge: whole.chain.edge)
        let record = LedgerRecord.checkpoint(
            version: 1, height: 2, weights: CheckpointReference(version: 1, weights: .zero, bytes: 1), manifest: .zero)
        let text = try resumed.append(record, at: Timestamp(milliseconds: 1_000)).text
        try whole.append(record)
        #expect(text == whole.texts.last)
        #expect(resumed == whole.chain)
    }
}

private struct Violation: Equatable {
    var entry: Int
    var field: String

    init(_ entry: Int, _ field: String) {
        self.entry = entry
        self.field = field
    }
}

extension ExampleLedger {
    fileprivate func violation() throws -> Violation? {
        do {
            try verify(texts, head: head())
            return nil
        } catch let violation as LedgerViolation {
            return Violation(violation.entry, violation.field)
        }
    }
}
