/// Where a simulated run stands when a version is published: one line of `simulation.jsonl`.
public struct VersionRecord: Codable, Hashable, Sendable {
    public var version: Int
    /// Contributions accepted so far, merged or not.
    public var height: Int
    /// Tokens of all contributions that were merged.
    public var tokens: Int
    /// Simulated hours since the run began.
    public var hours: Double
    /// Update archives that were sent, in bytes, useful or not.
    public var bytesUp: Int
    /// Weights and units that were fetched.
    public var bytesDown: Int
    /// Of this merge: the mean number of versions that its contributions were behind.
    public var staleness: Double
    /// Of this merge: contributions of hostile hosts.
    public var hostile: Int
    /// Assignments so far, by how they ended.
    public var issued: Int
    public var accepted: Int
    /// Sound, but for credit alone.
    public var uncounted: Int
    public var rejected: Int
    /// Never answered.
    public var expired: Int
    /// Deadlines that passed without an answer, whatever came later.
    public var late: Int
    /// Nil where nothing is trained.
    public var measured: Measurement?

    /// Contributions over assignments that have ended: BOINC's network efficiency.
    public var efficiency: Double {
        let ended = accepted + uncounted + rejected + expired
        return ended > 0 ? Double(accepted) / Double(ended) : 1
    }
}

extension VersionRecord {
    /// Version 0, before anything happened.
    init(initial: MadeVersion) {
        self.init(
            version: 0, height: 0, tokens: 0, hours: 0, bytesUp: 0, bytesDown: 0, staleness: 0, hostile: 0, issued: 0,
            accepted: 0, uncounted: 0, rejected: 0, expired: 0, late: 0, measured: initial.measured)
    }
}
