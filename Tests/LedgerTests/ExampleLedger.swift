import Ledger
import TestSupport
import WorkUnits

/// A ledger that a test writes, right or wrong, of a project that merges every two contributions.
struct ExampleLedger {
    /// What of a contribution's submission is not what it should be.
    struct Forgery {
        var host = false
        var unit = false
        var update = false
        var project = false
        var signature = false
    }

    private(set) var chain = LedgerChain()
    private(set) var texts: [String] = []
    private let key = SigningKey.example(1)

    var project: ProjectID { key.verifyingKey }

    /// Two merges, and a contribution that waits for the next.
    static func complete() throws -> ExampleLedger {
        var ledger = try begun()
        try ledger.contribute(index: 1)
        try ledger.contribute(index: 0, host: .example(8))
        try ledger.publish(version: 1, height: 2)
        try ledger.contribute(index: 2, baseVersion: 1)
        try ledger.contribute(index: 5, baseVersion: 0)
        try ledger.contribute(index: 3, baseVersion: 1)
        try ledger.publish(version: 2, height: 4)
        return ledger
    }

    /// The opening and version 0. Where answers are audited, the coordinator has confirmed one of each host, of units 90 and 91.
    static func begun(
        audit: AuditRule = AuditRule(share: 0), tolerance: Double? = nil, lastVersion: Int = 10
    ) throws -> ExampleLedger {
        var ledger = ExampleLedger()
        try ledger.open(audit: audit, tolerance: tolerance, lastVersion: lastVersion)
        try ledger.publish(version: 0, height: 0)
        let hosts = [SigningKey.example(7), .example(8)]
        for host in hosts { try ledger.join(host) }
        guard audit.share > 0 else { return ledger }
        for (index, host) in zip(90..., hosts) {
            try ledger.contribute(index: index, host: host, counts: false)
            try ledger.confirm(contribution(index, of: host), by: nil)
        }
        return ledger
    }

    mutating func append(_ record: LedgerRecord) throws {
        texts.append(try chain.append(record, at: Timestamp(milliseconds: 1_000)).text)
    }

    mutating func open(
        audit: AuditRule = AuditRule(share: 0), tolerance: Double? = nil, lastVersion: Int = 10
    ) throws {
        let description = ProjectDescription(
            name: "example", summary: "An example", project: project, model: .tiny,
            strategy: Strategy(kind: .fedAvg, serverLearningRate: 1), mergeEvery: 2, lastVersion: lastVersion,
            maximumStaleness: 1, quorum: 1, tolerance: tolerance, audit: audit, tokenizer: .zero, dataset: .zero,
            recipe: .zero, initialSeed: 1)
        try append(.opened(Signed(description, by: key, context: ProjectDescription.signingContext)))
    }

    mutating func join(_ host: SigningKey, account: SigningKey? = nil, certified: Int64 = 0) throws {
        let certified = Timestamp(milliseconds: certified)
        try append(.joined(host.registration(in: project, account: account, certified: certified, at: certified)))
    }

    mutating func publish(version: Int, height: Int) throws {
        let weights = CheckpointReference(version: version, weights: Digest(of: "\(version)".utf8), bytes: 1)
        try append(.checkpoint(version: version, height: height, weights: weights, manifest: .zero))
    }

    mutating func contribute(
        index: Int, baseVersion: Int = 0, host: SigningKey = .example(7), forged: Forgery = Forgery(),
        counts: Bool = true
    ) throws {
        let contribution = Self.contribution(index, of: host, baseVersion: baseVersion)
        let submission = Submission(
            project: forged.project ? host.verifyingKey : project, assignment: index,
            host: forged.host ? project : host.verifyingKey, unit: forged.unit ? .zero : contribution.unit,
            update: forged.update ? .zero : contribution.update)
        let signer = forged.signature ? SigningKey.example(9) : host
        let signed = try Signed(submission, by: signer, context: Submission.signingContext)
        try append(counts ? .contribution(contribution, signed) : .uncounted(contribution, signed))
    }

    static func contribution(_ index: Int, of host: SigningKey, baseVersion: Int = 0) -> Contribution {
        Contribution(
            index: index, unit: Digest(of: "unit \(index)".utf8), update: Digest(of: "update \(index)".utf8),
            host: host.verifyingKey, baseVersion: baseVersion, tokens: 96)
    }

    /// - Parameter auditor: nil for the coordinator.
    mutating func confirm(
        _ contribution: Contribution, by auditor: SigningKey?, unit: Digest? = nil, signer: SigningKey? = nil
    ) throws {
        let signed = try auditor.map { auditor in
            let submission = Submission(
                project: project, assignment: 99, host: auditor.verifyingKey, unit: unit ?? contribution.unit,
                update: contribution.update)
            return try Signed(submission, by: signer ?? auditor, context: Submission.signingContext)
        }
        try append(.audited(contribution, by: signed))
    }

    mutating func convict(
        _ contribution: Contribution, claimed: [Digest] = [.zero], recomputed: [Digest] = [Digest(of: [1])],
        struck: [Int]
    ) throws {
        try append(
            .convicted(
                Conviction(
                    host: contribution.host, index: contribution.index, unit: contribution.unit,
                    update: contribution.update, claimed: TrainingTrace(claimed),
                    recomputed: TrainingTrace(recomputed), recomputedContent: nil, struck: struck)))
    }

    func head() throws -> Signed<LedgerHead> {
        try chain.signedHead(by: key)
    }

    /// What an auditor does with entries and a head.
    func verify(_ texts: [String], head: Signed<LedgerHead>) throws {
        var verifier = LedgerVerifier(project: project)
        for text in texts { try verifier.verify(text) }
        try verifier.verify(head: head)
    }
}
