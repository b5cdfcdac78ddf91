import Federation
import Ledger
import WorkUnits

/// Follows every answer of a simulated run: what its host really did, and what the ledger came to think of it.
struct TrustTally {
    /// What a host gave for a unit.
    struct Answer {
        let host: Int
        let act: Act
        let made: MadeUpdate
        let issue: IssuedUnit
        /// Of its host: which time between two convictions it belongs to, and how many cheated answers that had with this one.
        fileprivate var spell = 0
        fileprivate var ordinal = 0
    }

    /// What one computer did, under all its names.
    struct HostTally {
        var answers = 0
        var audits = 0
        var cheated = 0
        var refused = 0
        var found = 0
        /// Cheated answers that an audit found right.
        var confirmed = 0
        /// Honest answers that were rejected, or convicted of.
        var wronglyRefused = 0
        var wronglyConvicted = 0
        /// Tokens that it really trained, in answers that were taken and audits.
        var trained = 0.0
        /// Of each spell that ended with a conviction, the cheated answer that was found; of the last one how many there were.
        var foundAt: [Int] = []
        var sinceConviction = 0
    }

    private(set) var hosts: [HostTally]
    /// Tokens of answers that were taken, of audits by hosts, and of units that the coordinator trained.
    private(set) var answered = 0
    private(set) var audited = 0
    private(set) var replayed = 0
    private let tokensPerStep: Int
    private var given: [AssignmentID: Answer] = [:]
    /// By unit, what the ledger has.
    private var answers: [Int: [Answer]] = [:]

    init(hosts: Int, tokensPerStep: Int) {
        self.hosts = Array(repeating: HostTally(), count: hosts)
        self.tokensPerStep = tokensPerStep
    }

    /// What the ledger has to this very unit, oldest first.
    func answers(to issue: IssuedUnit) -> [Answer] { answers[issue.index, default: []].filter { $0.issue == issue } }

    mutating func give(_ made: MadeUpdate, act: Act, to lease: Lease, by host: Int) {
        given[lease.assignment] = Answer(host: host, act: act, made: made, issue: lease.unit)
    }

    /// - Parameter host: the number of the one that has, or had, this name.
    mutating func learn(_ record: TrainingRun.Record, host: (HostID) -> Int?) {
        switch record {
        case .contribution(_, let submission), .uncounted(_, let submission): take(submission.body.assignment)
        case .audited(let answer, let submission):
            if let submission { take(submission.body.assignment, isAudit: true) }
            if let number = host(answer.host), find(answer.update, to: answer.index, of: number)?.act.isHonest == false
            {
                hosts[number].confirmed += 1
            }
        case .convicted(let conviction):
            guard let number = host(conviction.host) else { return }
            convict(number, of: conviction.update, to: conviction.index)
        case .checkpoint: break
        }
    }

    private mutating func take(_ assignment: AssignmentID, isAudit: Bool = false) {
        guard var answer = given.removeValue(forKey: assignment) else { return }
        let tokens = countTraining(answer)
        if isAudit {
            audited += tokens
            hosts[answer.host].audits += 1
        } else {
            answered += tokens
            hosts[answer.host].answers += 1
        }
        if !answer.act.isHonest { countCheat(&answer) }
        answers[answer.issue.index, default: []].append(answer)
    }

    private mutating func countCheat(_ answer: inout Answer) {
        hosts[answer.host].cheated += 1
        hosts[answer.host].sinceConviction += 1
        answer.spell = hosts[answer.host].foundAt.count
        answer.ordinal = hosts[answer.host].sinceConviction
    }

    /// - Returns: the tokens of the unit, whatever was trained of them.
    private mutating func countTraining(_ answer: Answer) -> Int {
        let tokens = answer.issue.steps.count * tokensPerStep
        hosts[answer.host].trained += answer.act.effort * Double(tokens)
        return tokens
    }

    private mutating func convict(_ host: Int, of update: Digest, to index: Int) {
        var answer = find(update, to: index, of: host)
        if answer == nil, let open = given.first(where: { $0.value.host == host && $0.value.issue.index == index }) {
            // A wrong answer to an audit is no entry of its own.
            given[open.key] = nil
            var wrong = open.value
            if !wrong.act.isHonest { countCheat(&wrong) }
            answer = wrong
        }
        guard let answer else { return }
        guard !answer.act.isHonest else {
            hosts[host].wronglyConvicted += 1
            return
        }
        hosts[host].found += 1
        if answer.spell == hosts[host].foundAt.count {
            hosts[host].foundAt.append(answer.ordinal)
            hosts[host].sinceConviction = 0
        }
    }

    private func find(_ update: Digest, to index: Int, of host: Int) -> Answer? {
        answers[index, default: []].last { $0.host == host && $0.made.update == update }
    }

    mutating func refuse(_ assignment: AssignmentID) {
        guard let answer = given.removeValue(forKey: assignment) else { return }
        if answer.act.isHonest {
            hosts[answer.host].wronglyRefused += 1
        } else {
            hosts[answer.host].cheated += 1
            hosts[answer.host].refused += 1
        }
    }

    mutating func replayed(_ replay: Replay) { replayed += replay.steps * tokensPerStep }
}
