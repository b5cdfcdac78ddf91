import Ledger
import WorkUnits

/// A coordinator that could not show that its ledger goes on where it stood: it tells different readers different things, or
/// changed what it once signed.
public struct ForkedLedger: Error, CustomStringConvertible {
    public var evidence: ForkEvidence
    private var reason: String

    init(_ evidence: ForkEvidence, _ reason: String) {
        self.evidence = evidence
        self.reason = reason
    }

    public var description: String {
        "the coordinator's ledger does not continue the one that was seen before: \(reason)"
    }
}

extension CoordinatorClient {
    /// The newest head, of a ledger that continues the one that was seen before; the older of the two where the coordinator
    /// shows less than it did.
    ///
    /// - Throws: `ForkedLedger`; `TransportFailure`, also when the coordinator cannot answer now; `UntrustedDocument`.
    public func head(
        after seen: Signed<LedgerHead>?, of project: ProjectID
    ) async throws -> Signed<LedgerHead> {
        let shown = try await ledgerHead()
        let new = try shown.head(of: project)
        guard let seen else { return shown }
        let old = try seen.head(of: project)
        let (older, newer) = old.count <= new.count ? (old, new) : (new, old)
        var evidence = ForkEvidence(seen: seen, shown: shown, proof: nil)
        if older.count == newer.count {
            guard older == newer else { throw ForkedLedger(evidence, "two heads of \(older.count) entries differ") }
            return seen
        }
        do {
            evidence.proof = try await consistencyProof(from: older.count, to: newer.count)
        } catch {
            guard error.isDenial else { throw error }
            throw ForkedLedger(evidence, "it gives no proof from \(older.count) to \(newer.count) entries")
        }
        guard let path = evidence.proof?.path,
            MerkleProof.proves(older.count, older.root, beginning: newer.count, newer.root, by: path)
        else {
            throw ForkedLedger(
                evidence, "its first \(older.count) of \(newer.count) entries are not those that it signed")
        }
        return old.count <= new.count ? shown : seen
    }
}

extension TransportFailure {
    /// Whether the server will not give what was asked for, now or later.
    fileprivate var isDenial: Bool {
        guard case .refused(let refused) = self else { return false }
        return (400..<500).contains(refused.status) && !isTemporary
    }
}

extension Signed<LedgerHead> {
    /// The head, if the project signed it for itself.
    fileprivate func head(of project: ProjectID) throws(UntrustedDocument) -> LedgerHead {
        let body = try verified(by: project, context: LedgerHead.signingContext)
        guard body.project == project else {
            throw .wrongSignature(type: "\(LedgerHead.self)", key: project)
        }
        return body
    }
}
