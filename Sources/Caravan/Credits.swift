import ArgumentParser
import Foundation
import Ledger
import Verification
import WorkUnits

/// `caravan credits`: what hosts have earned, from the ledger alone.
struct Credits: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints what every host has earned, by the ledger alone.",
        discussion: """
            One credit is 10^12 floating-point operations, at six for each parameter and token of the work that was issued. \
            Work waits in escrow until an audit confirms it or later work of the same host; a conviction burns what waits.
            """)

    @OptionGroup var data: AuditedSource

    @Option(help: "Only the host whose key begins with these digits.")
    var host: String?

    @Option(help: "The project's public key; refuses any other. Without it the source's word is taken.")
    var project: String?

    func run() async throws {
        let key = try project.map(ProjectKey.parse)
        try await data.withMirror { mirror in
            let book = try mirror.credits(expectedProject: key)
            let accounts = book.accounts.filter { host.map("\($0.key)".hasPrefix) ?? true }
                .sorted { ($1.value.earned, $0.key) < ($0.value.earned, $1.key) }
            print("host          credits      escrow       burned       audits  convictions")
            for (host, account) in accounts {
                let numbers = [account.earned, account.escrow, account.burned].map {
                    String(format: "%-12.4g", book.credit(tokens: $0))
                }
                print(
                    "\(host.short)  \(numbers.joined(separator: " ")) "
                        + String(format: "%-7d %d", account.audits, account.convictions))
            }
        }
    }
}
