import LanguageModel
import Ledger
import Transport
import WorkUnits

/// The public ledger as the demo follows it: who is who, who was convicted, and what everybody has earned.
struct DemoLedger {
    private var verifier: LedgerVerifier
    private var book = CreditBook()
    private var names: [HostID: String] = [:]
    /// Of all contributions.
    private(set) var tokens = 0
    /// The first update that is not what training gives.
    private(set) var falseUpdate: Digest?

    init(project: ProjectID) {
        verifier = LedgerVerifier(project: project)
    }

    /// Reads what is new, as far as the server answers.
    ///
    /// - Parameter show: called with a line for each conviction.
    /// - Throws: `LedgerViolation`.
    mutating func update(from client: CoordinatorClient, show: (String) -> Void) async throws {
        while let page = try? await client.ledgerPage(from: verifier.chain.count, limit: 500), !page.entries.isEmpty {
            for text in page.entries {
                if let line = try take(verifier.verify(text).record) { show(line) }
            }
        }
    }

    private mutating func take(_ record: LedgerRecord) throws -> String? {
        let before = book
        book.add(record, digest: verifier.chain.head) { ParameterLayout($0).count }
        switch record {
        case .joined(let registration):
            let body = try registration.unverified()
            names[body.host] = body.name
            return nil
        case .contribution(let contribution, _):
            tokens += contribution.tokens
            return nil
        case .convicted(let conviction):
            let burned = account(conviction.host, in: book).burned - account(conviction.host, in: before).burned
            let struck = conviction.struck.map(String.init).joined(separator: ", ")
            falseUpdate = falseUpdate ?? conviction.update
            return
                "\(name(conviction.host)) is convicted: update \(conviction.update.short) of unit \(conviction.index) is not "
                + "what training gives. \(credits(burned)) credits are burned"
                + (struck.isEmpty ? "" : ", and versions are made without its contribution to unit \(struck)")
        default: return nil
        }
    }

    private func name(_ host: HostID) -> String { names[host] ?? host.short }

    private func account(_ host: HostID, in book: CreditBook) -> CreditBook.Account {
        book.accounts[host] ?? CreditBook.Account()
    }

    private func credits(_ tokens: Int) -> String { book.credit(tokens: tokens).formatted(digits: 2) }

    /// What everybody has earned.
    func printCredits() {
        func right(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        Terminal.print("credits          earned  in escrow  burned  audits  convictions")
        for (host, name) in names.sorted(by: { $0.value < $1.value }) {
            let account = account(host, in: book)
            Terminal.print(
                name + right(credits(account.earned), 23 - name.count) + right(credits(account.escrow), 11)
                    + right(credits(account.burned), 8) + right("\(account.audits)", 8)
                    + right("\(account.convictions)", 13))
        }
    }

    /// Throws unless those were convicted who cheat, and nobody else.
    ///
    /// - Parameter cheats: how many there are at least.
    func requireJustice(cheats: Int, isCheat: (String) -> Bool) throws {
        guard names.values.count(where: isCheat) >= cheats else {
            throw CommandFailure("the ledger has fewer than \(cheats) cheats")
        }
        for (host, name) in names {
            let isConvicted = account(host, in: book).convictions > 0
            if isConvicted != isCheat(name) {
                throw CommandFailure(
                    "\(name) \(isConvicted ? "was convicted, and is honest" : "cheats, and was not convicted")")
            }
        }
    }
}
