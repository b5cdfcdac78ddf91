import WorkUnits

/// What every host has earned, as the ledger says: nobody needs to be asked.
///
/// An answer is worth its tokens, those that the coordinator issued. It waits in escrow until an audit has confirmed it or a later
/// one of its host, and 1/q later ones have come, where q is the share that is audited; a conviction burns all that waits. So
/// whoever is found to cheat loses 1/q answers at least, and is found once in 1/q times: to cheat does not pay. An audit is an
/// answer like any other, but that with it only audits are confirmed. Once the last version is there, what waits is released to
/// every host of which no audit is open. Where nothing is audited, nothing waits.
public struct CreditBook: Sendable {
    public struct Account: Hashable, Sendable {
        /// Tokens of work that no conviction can take away.
        public fileprivate(set) var earned = 0
        /// Answers that wait, oldest first.
        fileprivate var waiting: [Waiting] = []
        /// Tokens that convictions took.
        public fileprivate(set) var burned = 0
        public fileprivate(set) var audits = 0
        public fileprivate(set) var convictions = 0

        public init() {}

        /// Tokens that wait for an audit.
        public var escrow: Int { waiting.reduce(0) { $0 + $1.tokens } }

        fileprivate struct Waiting: Hashable {
            let answer: UInt64
            let tokens: Int
            let isAudit: Bool
            var isConfirmed = false
        }
    }

    public private(set) var accounts: [HostID: Account] = [:]
    private var parameters = 0
    /// Answers of a host that wait at least; nil where nothing is audited.
    private var window: Int?
    private var project: ProjectDescription?
    private var draws = AuditDraws()
    private var isOver = false

    public init() {}

    /// The credit of so many tokens: 10¹² floating-point operations each, at 6 a parameter and token.
    public func credit(tokens: Int) -> Double { 6 * Double(parameters) * Double(tokens) / 1e12 }

    /// - Parameters:
    ///   - record: of the next entry of a verified ledger.
    ///   - digest: of the entry.
    ///   - parameterCount: of a model.
    public mutating func add(
        _ record: LedgerRecord, digest: Digest, parameterCount: (ModelConfiguration) -> Int
    ) {
        if let rule = project?.audit { draws.take(record, digest: digest, rule: rule) }
        defer { if isOver { releaseAtTheEnd() } }
        switch record {
        case .opened(let signed):
            guard let description = try? signed.unverified() else { return }
            project = description
            let share = description.audit.share
            window = share > 0 ? Int((1 / share).rounded(.up)) : nil
            parameters = parameterCount(description.model)
        case .contribution(let answer, _), .uncounted(let answer, _): hold(answer, isAudit: false)
        case .audited(let answer, let submission):
            confirm(answer)
            guard let audit = answer.repeated(by: submission) else { return }
            hold(audit, isAudit: true)
            accounts[audit.host, default: Account()].audits += 1
        case .convicted(let conviction):
            var account = accounts[conviction.host, default: Account()]
            account.burned += account.escrow
            account.waiting = []
            account.convictions += 1
            accounts[conviction.host] = account
        case .checkpoint(let version, _, _, _): isOver = version == project?.lastVersion
        case .joined, .revoked, .keyReplaced, .banned: break
        }
    }

    /// Nothing will confirm it, and nobody will look at it again.
    private mutating func releaseAtTheEnd() {
        for (host, var account) in accounts where !account.waiting.contains(where: { draws.owed.contains($0.answer) }) {
            account.earned += account.escrow
            account.waiting = []
            accounts[host] = account
        }
    }

    private mutating func hold(_ answer: Contribution, isAudit: Bool) {
        accounts[answer.host, default: Account()].waiting.append(
            Account.Waiting(
                answer: answer.fingerprint, tokens: answer.tokens, isAudit: isAudit, isConfirmed: window == nil))
        pay(answer.host)
    }

    /// With an answer what its host gave before; with an audit only its audits, as a host can tell when it is at one.
    private mutating func confirm(_ answer: Contribution) {
        guard var account = accounts[answer.host],
            let place = account.waiting.firstIndex(where: { $0.answer == answer.fingerprint })
        else { return }
        let isAudit = account.waiting[place].isAudit
        for index in 0...place where !isAudit || account.waiting[index].isAudit {
            account.waiting[index].isConfirmed = true
        }
        accounts[answer.host] = account
        pay(answer.host)
    }

    /// Pays the oldest that are confirmed, and old enough.
    private mutating func pay(_ host: HostID) {
        guard var account = accounts[host] else { return }
        let old = max(0, account.waiting.count - (window ?? 0))
        let due = account.waiting.prefix(old).prefix(while: \.isConfirmed)
        guard !due.isEmpty else { return }
        account.earned += due.reduce(0) { $0 + $1.tokens }
        account.waiting.removeFirst(due.count)
        accounts[host] = account
    }
}
