import Federation
import Ledger
import Pages
import WorkUnits

/// What checking did in a simulated run: who was found out after how long, what it paid, and what it cost.
public struct TrustReport: Codable, Hashable, Sendable {
    /// Of honest hosts first, and then by kind of cheat.
    public var lines: [Line]
    /// Tokens of answers that were taken, and those that were trained again by hosts and by the coordinator.
    public var answeredTokens: Int
    public var auditedTokens: Int
    public var replayedTokens: Int

    /// Hosts of one kind together.
    public struct Line: Codable, Hashable, Sendable {
        /// Nil: honest.
        public var cheat: Cheat?
        public var hosts = 0
        /// Answers that were taken.
        public var answers = 0
        public var audits = 0
        public var cheated = 0
        /// Of the cheated ones: rejected at once, found by an audit, falsely found right by one.
        public var refused = 0
        public var found = 0
        public var confirmed = 0
        /// Of the honest ones.
        public var wronglyRefused = 0
        public var wronglyConvicted = 0
        /// In tokens: what was really trained, what was paid for, what waits, what was burned.
        public var trained = 0.0
        public var earned = 0
        public var escrow = 0
        public var burned = 0
        /// Of every host's cheated answers, counted anew after each conviction: which one was found, and how many the last time
        /// had, which ended without.
        public var foundAt: [Int] = []
        public var notFound: [Int] = []

        /// The share of hosts that are found by one of so many cheated answers; nil when nobody gave so many.
        public func found(within answers: Int) -> Double? {
            let early = foundAt.count { $0 <= answers }
            let all = foundAt.count + notFound.count { $0 >= answers }
            return all > 0 ? Double(early) / Double(all) : nil
        }

        /// What is paid, or will be if nobody is convicted any more, for each token that was trained; nil if none was.
        public var pay: Double? { trained > 0 ? Double(earned + escrow) / trained : nil }
    }

    /// Training that was done again, against training that was answered.
    public var overhead: Double {
        answeredTokens > 0 ? Double(auditedTokens + replayedTokens) / Double(answeredTokens) : 0
    }
}

extension TrustReport {
    init(_ run: SimulatedRun) {
        var lines: [Cheat?: Line] = [:]
        for (number, host) in run.hosts.enumerated() {
            let cheat = host.traits.cheat
            lines[cheat, default: Line(cheat: cheat)].add(run.trust.hosts[number])
        }
        for (name, account) in run.ledger?.credits.accounts ?? [:] {
            guard let number = run.numberOfHost[name] else { continue }
            let cheat = run.hosts[number].traits.cheat
            lines[cheat]?.earned += account.earned
            lines[cheat]?.escrow += account.escrow
            lines[cheat]?.burned += account.burned
        }
        let order: [Cheat?] = [nil] + Cheat.allCases
        self.init(
            lines: order.compactMap { lines[$0] }, answeredTokens: run.trust.answered,
            auditedTokens: run.trust.audited, replayedTokens: run.trust.replayed)
    }
}

extension TrustReport.Line {
    fileprivate mutating func add(_ host: TrustTally.HostTally) {
        hosts += 1
        answers += host.answers
        audits += host.audits
        cheated += host.cheated
        refused += host.refused
        found += host.found
        confirmed += host.confirmed
        wronglyRefused += host.wronglyRefused
        wronglyConvicted += host.wronglyConvicted
        trained += host.trained
        foundAt += host.foundAt
        if host.sinceConviction > 0 { notFound.append(host.sinceConviction) }
    }
}

// MARK: As text

extension TrustReport {
    /// In Markdown, with a line for each kind.
    public var table: [String] {
        let heading = [
            "", "hosts", "answers", "cheated", "refused", "found", "confirmed", "of each", "of 5", "of 10", "of 20",
            "trained", "paid", "burned", "pay", "gain",
        ]
        let rows = lines.map { line in
            let each = line.cheated > 0 ? Double(line.found + line.refused) / Double(line.cheated) : nil
            return [line.cheat?.rawValue ?? "honest"]
                + [line.hosts, line.answers, line.cheated, line.refused, line.found, line.confirmed].map(Figures.count)
                + [each, line.found(within: 5), line.found(within: 10), line.found(within: 20)].map {
                    $0.map(Figures.share) ?? "–"
                }
                + [Int(line.trained), line.earned + line.escrow, line.burned].map(millions)
                + [line.pay.map { Figures.decimal($0, 3) } ?? "–", gain(of: line).map(Figures.share) ?? "–"]
        }
        return CourseTable.markdown(heading, rows)
    }

    /// What became of honest answers, and what it cost.
    public var summary: String {
        let wrong = lines.reduce((0, 0)) { ($0.0 + $1.wronglyConvicted, $0.1 + $1.wronglyRefused) }
        let honest = lines.reduce(0) { $0 + $1.answers + $1.audits - $1.cheated }
        return
            "of \(Figures.count(honest)) honest answers and audits \(wrong.0) convicted, \(wrong.1) refused; trained again: "
            + "\(Figures.share(overhead)) of what was answered, \(Figures.share(share(of: replayedTokens))) by the coordinator"
    }

    /// What is paid to a host of this kind beyond what it trained, as a share of what an honest host is paid; nil where there is
    /// none.
    public func gain(of line: Line) -> Double? {
        guard let honest = lines.first(where: { $0.cheat == nil }), honest.earned + honest.escrow > 0 else {
            return nil
        }
        let usual = Double(honest.earned + honest.escrow) / Double(honest.hosts)
        return (Double(line.earned + line.escrow) - line.trained) / Double(line.hosts) / usual
    }

    private func share(of tokens: Int) -> Double {
        answeredTokens > 0 ? Double(tokens) / Double(answeredTokens) : 0
    }

    private func millions(_ tokens: Int) -> String { Figures.decimal(Double(tokens) / 1e6, 2) }
}
