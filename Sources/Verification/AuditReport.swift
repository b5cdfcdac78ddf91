import WorkUnits

/// What an audit looked at, and what it found wrong.
public struct AuditReport: Sendable {
    /// Something that is not as it must be, and where.
    public struct Finding: Sendable, Hashable, CustomStringConvertible {
        /// A file of the mirror, with the entry, tensor or byte in it.
        public var place: String
        public var problem: String

        public var description: String { "\(place): \(problem)" }
    }

    public var entries = 0
    public var contributions = 0
    public var convictions = 0
    /// Answers that were drawn to be trained again, of which nothing more is recorded.
    public var openAudits = 0
    /// Versions whose weights were recomputed and agree.
    public var recomputedVersions = 0
    /// Witnesses that signed what this ledger was at some length.
    public var witnesses = 0
    /// Those that the project names, and of which the mirror has no word.
    public var silentWitnesses: [VerifyingKey] = []
    public var findings: [Finding] = []

    public var isClean: Bool { findings.isEmpty }
}
