import WorkUnits

/// What every host has earned, as the ledger says: nobody needs to be asked.
///
/// An answer is worth its tokens, those that the coordinator issued. It waits in escrow until an audit confirms this answer or a
/// later one of its host; a conviction burns all that waits. An audit is worth its tokens at once, because it was compared. Where
/// nothing is audited, nothing waits.
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
        }
    }

    public private(set) var accounts: [HostID: Account] = [:]
    private var parameters = 0
    private var isAudited = false

    public init() {}

    /// The credit of so many tokens: 10¹² floating-point operations each, at 6 a parameter and token.
    public func credit(tokens: Int) -> Double { 6 * Double(parameters) * Double(tokens) / 1e12 }

    /// - Parameters:
    ///   - record: of the next entry of a verified ledger.
    ///   - parameterCount: of a model.
    public mutating func add(_ record: LedgerRecord, parameterCount: (ModelConfiguration) -> Int) {
        switch record {
        case .opened(let signed):
            guard let description = try? signed.unverified() else { return }
            isAudited = description.audit.share > 0
            parameters = parameterCount(description.model)
        case .contribution(let answer, _), .uncounted(let answer, _):
            if isAudited {
                accounts[answer.host, default: Account()].waiting.append(
                    Account.Waiting(answer: answer.fingerprint, tokens: answer.tokens))
            } else {
                accounts[answer.host, default: Account()].earned += answer.tokens
            }
        case .audited(let answer, let submission):
            release(answer)
            guard let auditor = (try? submission?.unverified())?.host else { return }
            accounts[auditor, default: Account()].earned += answer.tokens
            accounts[auditor, default: Account()].audits += 1
        case .convicted(let conviction):
            var account = accounts[conviction.host, default: Account()]
            account.burned += account.escrow
            account.waiting = []
            account.convictions += 1
            accounts[conviction.host] = account
        case .joined, .revoked, .keyReplaced, .banned, .checkpoint: break
        }
    }

    private mutating func release(_ answer: Contribution) {
        guard var account = accounts[answer.host],
            let place = account.waiting.firstIndex(where: { $0.answer == answer.fingerprint })
        else { return }
        account.earned += account.waiting[...place].reduce(0) { $0 + $1.tokens }
        account.waiting.removeSubrange(...place)
        accounts[answer.host] = account
    }
}
