import WorkUnits

/// Follows the draws of audits through a ledger, entry by entry: whoever reads the ledger can see that none was left out.
struct AuditDraws: Sendable {
    /// Answers that were drawn, until they are confirmed or their host is convicted of them.
    private(set) var owed: Set<UInt64> = []
    /// Those of them that are audits.
    private var audits: Set<UInt64> = []
    /// How many answers each host gave since it began or was convicted last.
    private var numbers: [HostID: Int] = [:]

    /// - Parameter digest: of the entry.
    mutating func take(_ record: LedgerRecord, digest: Digest, rule: AuditRule) {
        guard rule.share > 0 else { return }
        switch record {
        case .contribution(let answer, _), .uncounted(let answer, _): draw(answer, digest, rule)
        case .audited(let answer, let submission):
            let isLast = audits.contains(answer.fingerprint)
            settle(answer.fingerprint)
            guard let audit = answer.repeated(by: submission) else { return }
            let isDrawn = draw(audit, digest, rule)
            if isLast { settle(audit.fingerprint) } else if isDrawn { audits.insert(audit.fingerprint) }
        case .convicted(let conviction):
            numbers[conviction.host] = 0
            settle(conviction.answer)
        case .opened, .joined, .revoked, .keyReplaced, .banned, .checkpoint: break
        }
    }

    @discardableResult
    private mutating func draw(_ answer: Contribution, _ beacon: Digest, _ rule: AuditRule) -> Bool {
        numbers[answer.host, default: 0] += 1
        let isDrawn = rule.draws(update: answer.update, number: numbers[answer.host, default: 0], beacon: beacon)
        if isDrawn { owed.insert(answer.fingerprint) }
        return isDrawn
    }

    private mutating func settle(_ answer: UInt64) {
        owed.remove(answer)
        audits.remove(answer)
    }
}

extension Contribution {
    /// The answer of the host that confirmed this one as an audit; nil where the coordinator did so itself.
    func repeated(by audit: Signed<Submission>?) -> Contribution? {
        guard let body = try? audit?.unverified() else { return nil }
        return Contribution(
            index: index, unit: unit, update: body.update, host: body.host, baseVersion: baseVersion, tokens: tokens)
    }

    /// Tells answers apart: the first 64 bits of a digest of unit, update and host.
    var fingerprint: UInt64 { Self.fingerprint(unit: unit, update: update, host: host) }

    fileprivate static func fingerprint(unit: Digest, update: Digest, host: HostID) -> UInt64 {
        Digest(of: unit.bytes + update.bytes + host.bytes).leadingBits
    }
}

extension Conviction {
    /// The fingerprint of the answer that was wrong.
    var answer: UInt64 { Contribution.fingerprint(unit: unit, update: update, host: host) }
}
