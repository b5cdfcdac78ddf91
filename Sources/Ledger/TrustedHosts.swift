import WorkUnits

/// Hosts of which an answer was found right that they gave since they began or were convicted last: where answers are audited, the
/// answers of others do not count, and others do not audit.
struct TrustedHosts: Sendable {
    private var trusted: Set<HostID> = []
    /// Of each of the others, the answers since then.
    private var answers: [HostID: Set<UInt64>] = [:]

    func contains(_ host: HostID) -> Bool { trusted.contains(host) }

    mutating func take(_ record: LedgerRecord) {
        switch record {
        case .contribution(let answer, _), .uncounted(let answer, _):
            if !trusted.contains(answer.host) { answers[answer.host, default: []].insert(answer.fingerprint) }
        case .audited(let answer, _):
            guard answers[answer.host]?.contains(answer.fingerprint) == true else { return }
            trusted.insert(answer.host)
            answers[answer.host] = nil
        case .convicted(let conviction):
            trusted.remove(conviction.host)
            answers[conviction.host] = nil
        case .opened, .joined, .revoked, .keyReplaced, .banned, .checkpoint: break
        }
    }
}
