/// Which answers are trained again by others: public, so that everyone can see that it was kept.
///
/// The draw for an answer is made from the digest of the ledger's entry that records it, its *beacon*, which its host could not
/// know when it answered: it depends on all entries before, and on the coordinator's time. The coordinator can choose among
/// orders of entries; what that gives it stands in docs/trust.md.
public struct AuditRule: Codable, Hashable, Sendable {
    /// q: the share of a trusted host's answers that are audited. 0: nobody is audited.
    public var share: Double

    /// Versions, counted back from the newest, that are made again without what a convicted host gave.
    public static let rollback = 4

    public init(share: Double) {
        self.share = share
    }

    /// The probability that an answer is audited: max(q, 1/n).
    ///
    /// - Parameter number: n, which counts the answers of its host since it began or was convicted last, this one included.
    public func probability(ofAnswer number: Int) -> Double {
        guard share > 0 else { return 0 }
        return max(share, 1 / Double(max(number, 1)))
    }

    /// Whether an answer is audited.
    ///
    /// - Parameter beacon: digest of the ledger's entry that records the answer.
    public func draws(update: Digest, number: Int, beacon: Digest) -> Bool {
        Self.number(beacon, update.bytes) < probability(ofAnswer: number)
    }

    /// Whether a host may audit, when so large a share of all hosts may: every host in a place of its own, which nobody can
    /// choose.
    public func permits(auditor: HostID, beacon: Digest, share: Double) -> Bool {
        Self.number(beacon, auditor.bytes) < share
    }

    /// In 0 ..< 1: the first 52 bits of the SHA-256 of both.
    static func number(_ beacon: Digest, _ subject: [UInt8]) -> Double {
        Double(Digest(of: beacon.bytes + subject).leadingBits >> 12) / Double(UInt64(1) << 52)
    }

    public func validate() throws(InvalidSetting) {
        guard (0...1).contains(share) else {
            throw InvalidSetting(name: "audit.share", reason: "\(share) is not between 0 and 1")
        }
    }
}

/// Why a host is convicted: what it claimed, and what comes out when the unit is trained again, which anyone can do.
public struct Conviction: Codable, Hashable, Sendable {
    public var host: HostID
    /// Of the unit.
    public var index: Int
    public var unit: Digest
    /// The update that the host submitted.
    public var update: Digest
    /// What the host said of its training; the update commits to it.
    public var claimed: TrainingTrace
    /// What the coordinator computed, at least as far as they part.
    public var recomputed: TrainingTrace
    /// What its update says, if it trained to the end: see `Judgement`.
    public var recomputedContent: Digest?
    /// The units by which the host raised the height and that no audit had confirmed: they do not count from now on.
    public var struck: [Int]

    public init(
        host: HostID, index: Int, unit: Digest, update: Digest, claimed: TrainingTrace, recomputed: TrainingTrace,
        recomputedContent: Digest?, struck: [Int]
    ) {
        self.host = host
        self.index = index
        self.unit = unit
        self.update = update
        self.claimed = claimed
        self.recomputed = recomputed
        self.recomputedContent = recomputedContent
        self.struck = struck
    }
}
