import WorkUnits

/// How an assignment ended.
struct Outcome: Codable, Hashable, Sendable {
    let assignment: AssignmentID
    let host: HostID
    let end: End

    enum End: Codable, Hashable, Sendable {
        case answered(update: Digest, reply: SubmissionReply)
        case expired(deadline: Timestamp)
    }
}

/// How the last assignments ended, for hosts that ask again.
struct RecentOutcomes: Hashable, Sendable {
    /// In the order in which they ended.
    private var assignments: [AssignmentID] = []
    private var outcomes: [AssignmentID: Outcome] = [:]

    var count: Int { assignments.count }

    subscript(assignment: AssignmentID) -> Outcome? { outcomes[assignment] }

    func contains(_ assignment: AssignmentID) -> Bool { outcomes.index(forKey: assignment) != nil }

    /// - Parameter most: so many are remembered for sure, and fewer than twice as many at all.
    mutating func remember(_ outcome: Outcome, most: Int) {
        assignments.append(outcome.assignment)
        outcomes[outcome.assignment] = outcome
        // Removing in lots keeps the cost of forgetting constant.
        guard count >= 2 * most else { return }
        for assignment in assignments.prefix(count - most) { outcomes[assignment] = nil }
        assignments.removeFirst(count - most)
    }
}

/// Stored as the list of them, oldest first.
extension RecentOutcomes: Codable {
    init(from decoder: any Decoder) throws {
        for outcome in try [Outcome](from: decoder) { remember(outcome, most: .max / 2) }
    }

    func encode(to encoder: any Encoder) throws {
        try assignments.compactMap { outcomes[$0] }.encode(to: encoder)
    }
}
