import WorkUnits

/// Follows the draws of audits through a ledger, entry by entry: whoever reads the ledger can see that none was left out.
struct AuditDraws: Sendable {
    /// Answers that were drawn, until they are confirmed or their host is convicted of them.
    private(set) var owed: Set<UInt64> = []
    /// How many answers each host gave since it began or was convicted last.
    private var numbers: [HostID: Int] = [:]

    /// - Parameter digest: of the entry.
    mutating func take(_ record: LedgerRecord, digest: Digest, rule: AuditRule) {
        guard rule.share > 0 else { return }
        switch record {
        case .contribution(let answer, _), .uncounted(let answer, _):
            numbers[answer.host, default: 0] += 1
            if rule.draws(update: answer.update, number: numbers[answer.host, default: 0], beacon: digest) {
                owed.insert(answer.fingerprint)
            }
        case .audited(let answer, _): owed.remove(answer.fingerprint)
        case .convicted(let conviction):
            numbers[conviction.host] = 0
            owed.remove(conviction.answer)
        case .opened, .joined, .revoked, .keyReplaced, .banned, .checkpoint: break
        }
    }
}

extension Contribution {
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
