import WorkUnits

/// Walks a ledger entry by entry and stops at the first that cannot be true.
///
/// Trusts one thing: the project's key. Memory grows with the number of contributions by two integers each, and with the
/// number of hosts by one line each.
///
///     var verifier = LedgerVerifier(project: pinnedKey)
///     for text in page.entries { try verifier.verify(text) }
///     try verifier.verify(head: page.head)
///
/// A changed entry may still be possible by itself, and then shows in the entry after it; `LedgerHead.changedEntry` tells
/// which of the two it was.
public struct LedgerVerifier: Sendable {
    public let project: ProjectID
    /// Where the chain stands after the entries so far.
    public private(set) var chain = LedgerChain()
    /// From the first entry.
    public private(set) var description: ProjectDescription?
    /// Contributions so far.
    public private(set) var height = 0
    /// The newest published version.
    public private(set) var version: Int?
    /// The units that count already, by index: each once.
    private var units: Set<Int> = []
    /// The hosts that joined so far, and what is to be known of their accounts.
    var hosts: [HostID: Member] = [:]
    var members = Membership()
    /// Answers that earned credit, each by 64 bits of its digest.
    private var answers: Set<UInt64> = []
    /// Of answers that are audits: whose answers they repeat, by fingerprint.
    private var repeated: [UInt64: [HostID]] = [:]
    /// Which answers have to be trained again, and were not yet.
    private var draws = AuditDraws()
    /// Whose answers count, where answers are audited.
    private var trusted = TrustedHosts()

    /// No entry of this project is longer.
    public static let maximumEntryBytes = 1 << 20

    public init(project: ProjectID) {
        self.project = project
    }

    /// Answers that were drawn to be trained again and of which the ledger says nothing more: at most those of the last hours,
    /// in an honest ledger, and before the last version none.
    public var openAudits: Int { draws.owed.count }

    /// Checks the next entry.
    ///
    /// - Returns: the entry, which fits all before it.
    /// - Throws: `LedgerViolation`; the verifier then stands where it stood before.
    @discardableResult
    public mutating func verify(_ text: String) throws(LedgerViolation) -> LedgerEntry {
        let bytes = Array(text.utf8)
        let entry = try decode(bytes)
        try expect("index", chain.count, entry.index)
        guard entry.previous == chain.head else {
            throw violation(
                "previous", expected: "\(chain.head), the digest of the entry before", found: "\(entry.previous)")
        }
        try verify(entry.record)
        chain.append(Digest(of: bytes))
        if let rule = description?.audit, rule.share > 0 {
            draws.take(entry.record, digest: chain.head, rule: rule)
            trusted.take(entry.record)
        }
        return entry
    }

    /// Checks that the coordinator signed exactly the entries so far.
    public func verify(head: Signed<LedgerHead>) throws(LedgerViolation) {
        let body: LedgerHead
        do {
            body = try head.verified(by: project, context: LedgerHead.signingContext)
        } catch {
            throw violation("head", expected: "the project's signature", found: "\(error)")
        }
        try expect("head.project", project, body.project)
        try expect("head.count", chain.count, body.count)
        try expect("head.digest", chain.head, body.digest)
        try expect("head.root", chain.edge.root, body.root)
    }

    private func decode(_ bytes: [UInt8]) throws(LedgerViolation) -> LedgerEntry {
        do {
            return try CanonicalJSON.decode(LedgerEntry.self, from: bytes, limit: Self.maximumEntryBytes)
        } catch {
            throw violation("text", expected: "the canonical JSON of an entry", found: error.reason)
        }
    }

    private mutating func verify(_ record: LedgerRecord) throws(LedgerViolation) {
        switch record {
        case .opened(let signed):
            try verifyOpening(signed)
        case .joined(let registration): try verifyJoining(registration)
        case .revoked(let revocation): try verifyRevocation(revocation)
        case .keyReplaced(let replacement): try verifyReplacement(replacement)
        case .banned(let ban): try verifyBan(ban)
        case .contribution(let contribution, let submission):
            try verify(contribution)
            try verifyCounting(contribution)
            try verify(submission, of: contribution)
            units.insert(contribution.index)
            answers.insert(contribution.fingerprint)
            height += 1
        case .uncounted(let contribution, let submission):
            try verify(contribution)
            try verify(submission, of: contribution)
            answers.insert(contribution.fingerprint)
        case .audited(let contribution, let submission):
            try verifyAnswer(contribution)
            if let submission { try verifyAudit(by: submission, of: contribution) }
            if let audit = contribution.repeated(by: submission) {
                answers.insert(audit.fingerprint)
                repeated[audit.fingerprint] = hosts(behind: contribution)
            }
        case .convicted(let conviction): try verify(conviction)
        case .checkpoint(let version, let height, let weights, _):
            try verifyCheckpoint(version: version, height: height, weights: weights)
            self.version = version
        }
    }

    private mutating func verifyOpening(_ signed: Signed<ProjectDescription>) throws(LedgerViolation) {
        guard description == nil else {
            throw violation("record", expected: "a contribution or a checkpoint", found: "a second opening")
        }
        let body: ProjectDescription
        do {
            body = try signed.verified(by: project, context: ProjectDescription.signingContext)
        } catch {
            throw violation("project.signature", expected: "the project's", found: "\(error)")
        }
        try expect("project.format", ProjectDescription.currentFormat, body.format)
        try expect("project.project", project, body.project)
        guard body.mergeEvery > 0 else {
            throw violation("project.mergeEvery", expected: "a positive number", found: "\(body.mergeEvery)")
        }
        guard body.lastVersion > 0, !body.mergeEvery.multipliedReportingOverflow(by: body.lastVersion).overflow else {
            throw violation("project.lastVersion", expected: "a positive number", found: "\(body.lastVersion)")
        }
        guard body.maximumStaleness >= 0 else {
            throw violation("project.maximumStaleness", expected: "at least 0", found: "\(body.maximumStaleness)")
        }
        description = body
    }

    private func verify(_ contribution: Contribution) throws(LedgerViolation) {
        guard let version else {
            throw violation("record", expected: "the checkpoint of version 0", found: "a contribution")
        }
        guard contribution.index >= 0 else {
            throw violation("contribution.index", expected: "at least 0", found: "\(contribution.index)")
        }
        guard (0...version).contains(contribution.baseVersion) else {
            throw violation(
                "contribution.baseVersion", expected: "a published version, 0 to \(version)",
                found: "\(contribution.baseVersion)")
        }
        guard contribution.tokens > 0 else {
            throw violation("contribution.tokens", expected: "a positive number", found: "\(contribution.tokens)")
        }
        try requireStanding(contribution.host)
    }

    private func verifyCounting(_ contribution: Contribution) throws(LedgerViolation) {
        guard !units.contains(contribution.index) else {
            throw violation(
                "contribution.index", expected: "a unit that did not count before", found: "\(contribution.index)")
        }
        guard let description else { return }
        try requireTrust(contribution.host, "contribution.host")
        guard height < description.lastHeight else {
            throw violation(
                "contribution.index", expected: "no more than the run's \(description.lastHeight) contributions",
                found: "one more")
        }
        let oldest = height / description.mergeEvery - description.maximumStaleness
        guard contribution.baseVersion >= oldest else {
            throw violation(
                "contribution.baseVersion", expected: "version \(oldest) or newer, which can count at height \(height)",
                found: "\(contribution.baseVersion)")
        }
    }

    private func requireTrust(_ host: HostID, _ field: String) throws(LedgerViolation) {
        guard let share = description?.audit.share, share > 0, !trusted.contains(host) else { return }
        throw violation(
            field, expected: "a host that was found right since it began or was convicted", found: "\(host.short)")
    }

    private func verifyAnswer(_ contribution: Contribution) throws(LedgerViolation) {
        guard answers.contains(contribution.fingerprint) else {
            throw violation(
                "audited.contribution", expected: "an answer of an earlier entry",
                found: "host \(contribution.host.short)'s to unit \(contribution.index)")
        }
    }

    /// Who answers for it: its host, and those that it confirmed.
    private func hosts(behind answer: Contribution) -> [HostID] {
        (repeated[answer.fingerprint] ?? []) + [answer.host]
    }

    /// By another host, that trained the same unit.
    private func verifyAudit(
        by signed: Signed<Submission>, of contribution: Contribution
    ) throws(LedgerViolation) {
        do {
            let body = try signed.verified(context: Submission.signingContext, by: \.host)
            try expect("audited.submission.project", project, body.project)
            try expect("audited.submission.unit", contribution.unit, body.unit)
            try requireStanding(body.host)
            try requireTrust(body.host, "audited.submission.host")
            guard !hosts(behind: contribution).contains(where: { areTogether(body.host, $0) }) else {
                throw violation(
                    "audited.submission.host", expected: "a host of another volunteer and team",
                    found: "\(body.host.short)")
            }
            guard description?.tolerance == nil else {
                throw violation(
                    "audited.submission", expected: "none, as answers may differ by a tolerance", found: "a host's")
            }
        } catch let violation as LedgerViolation {
            throw violation
        } catch {
            throw violation("audited.submission.signature", expected: "its host's", found: "\(error)")
        }
    }

    /// What can be said without training: the claims part, and what is struck did count.
    private func verify(_ conviction: Conviction) throws(LedgerViolation) {
        guard
            !conviction.claimed.weights.starts(with: conviction.recomputed.weights)
                || conviction.recomputedContent != nil
        else {
            throw violation("convicted.recomputed", expected: "another training than was claimed", found: "the same")
        }
        guard conviction.struck.allSatisfy(units.contains) else {
            throw violation("convicted.struck", expected: "units that count", found: "\(conviction.struck)")
        }
    }

    private func verify(
        _ signed: Signed<Submission>, of contribution: Contribution
    ) throws(LedgerViolation) {
        let body: Submission
        do {
            body = try signed.verified(by: contribution.host, context: Submission.signingContext)
        } catch {
            throw violation(
                "submission.signature", expected: "that of host \(contribution.host.short)", found: "\(error)")
        }
        try expect("submission.format", Submission.currentFormat, body.format)
        try expect("submission.project", project, body.project)
        try expect("submission.host", contribution.host, body.host)
        try expect("submission.unit", contribution.unit, body.unit)
        try expect("submission.update", contribution.update, body.update)
    }

    private func verifyCheckpoint(
        version: Int, height: Int, weights: CheckpointReference
    ) throws(LedgerViolation) {
        guard let description else {
            throw violation("record", expected: "the project's opening", found: "a checkpoint")
        }
        let next = (self.version ?? -1) + 1
        try expect("checkpoint.version", next, version)
        try expect("checkpoint.weights.version", next, weights.version)
        let (mergeHeight, overflow) = next.multipliedReportingOverflow(by: description.mergeEvery)
        guard !overflow, height == mergeHeight else {
            throw violation(
                "checkpoint.height", expected: "\(next) · \(description.mergeEvery) contributions", found: "\(height)")
        }
        guard version < description.lastVersion || openAudits == 0 else {
            throw violation(
                "checkpoint.version", expected: "the answers to \(openAudits) audits before the last version",
                found: "\(version)")
        }
        guard height <= self.height else {
            throw violation(
                "checkpoint.height", expected: "no more than the \(self.height) contributions before",
                found: "\(height)")
        }
    }

    func expect<Value: Equatable>(
        _ field: String, _ expected: Value, _ found: Value
    ) throws(LedgerViolation) {
        guard expected == found else {
            throw violation(field, expected: "\(expected)", found: "\(found)")
        }
    }

    func violation(_ field: String, expected: String, found: String) -> LedgerViolation {
        LedgerViolation(entry: chain.count, field: field, expected: expected, found: found)
    }
}
