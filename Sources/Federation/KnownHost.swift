import WorkUnits

/// What the rules remember of a host.
public struct KnownHost: Codable, Hashable, Sendable {
    let registered: Timestamp
    /// Whose it is.
    var member: Member
    /// Milliseconds for a local step, from the issue of a unit to its answer: download, training and upload together.
    /// Nil before the first answer.
    private(set) var pace: Int?
    /// Answers since it began or was convicted last, which earned credit or wait for an audit.
    private(set) var good = 0
    /// Whether an audit has found one of these right.
    private(set) var isConfirmed = false
    private(set) var convictions = 0
    /// Answers of it that are being audited, and those that it gave since the first of them was drawn.
    private(set) var openAudits = 0
    private(set) var sinceDraw = 0

    /// Answers that a host may give while one of its answers is audited.
    static let whileAudited = 3

    /// A step in 34 years.
    private static let slowest: Int64 = 1 << 40

    public init(_ member: Member, registered: Timestamp) {
        self.member = member
        self.registered = registered
    }

    /// Learns from an answer. The mean with what was known follows a change and forgets an outlier by half each time.
    ///
    /// - Parameter time: milliseconds since the issue, at least 0.
    mutating func answered(_ steps: Int, after time: Int64) {
        let measured = Int(min(time / Int64(steps), Self.slowest)) + 1
        pace = pace.map { ($0 + measured) / 2 } ?? measured
    }

    /// Learns from a lease that passed without an answer: the next unit is half as long.
    mutating func missedDeadline() {
        pace = pace.map { min(2 * $0, Int(Self.slowest)) }
    }

    /// - Parameter isAudit: audits are not what a host waits with while it is audited.
    /// - Returns: the number of this answer.
    mutating func countAnswer(isAudit: Bool) -> Int {
        good += 1
        if openAudits > 0, !isAudit { sinceDraw += 1 }
        return good
    }

    mutating func beginAudit() { openAudits += 1 }

    mutating func endAudit() {
        openAudits -= 1
        if openAudits == 0 { sinceDraw = 0 }
    }

    mutating func confirm() { isConfirmed = true }

    /// Everything it does is looked at again from now on, as of a new host.
    mutating func convict() {
        good = 0
        isConfirmed = false
        convictions += 1
    }

    /// Whether it gets another unit, where answers are audited: a newcomer once its first answer was found right, others unless
    /// they gave too much since one was drawn that nobody has trained again yet.
    var mayGoOn: Bool { isConfirmed ? sinceDraw < Self.whileAudited : good == 0 }
}

extension RunPolicy {
    /// The local steps of a unit for a host: the least, doubled while it would take no longer than `unitTime`, which gives
    /// every host units of half of it to all of it. A host whose pace is unknown begins with the least.
    func steps(for host: KnownHost) -> Int {
        guard let pace = host.pace else { return leastUnitSteps }
        let affordable = Int(clamping: unitTime.milliseconds) / pace
        var steps = leastUnitSteps
        while 2 * steps <= min(unitSteps, affordable) { steps *= 2 }
        return steps
    }

    /// How long a host may keep a unit of so many steps: three times what it should take, at least `shortestLease`, at most
    /// `lease`.
    func lease(of steps: Int, for host: KnownHost) -> Seconds {
        guard let pace = host.pace else { return lease }
        let expected = Double(steps) * Double(pace) / 1000
        return Seconds(min(max(3 * expected, Self.shortestLease), lease.count))
    }
}
