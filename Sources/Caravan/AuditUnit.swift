import ArgumentParser
import Foundation
import LanguageModel
import Verification
import WorkUnits

/// `caravan audit unit`: trains one answer again.
struct AuditUnit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unit",
        abstract: "Trains a unit again and says whether an answer to it is what training gives.",
        discussion: """
            Prints what the host claimed, what comes out on this machine, and where they part. Units with canonical numerics \
            give the same bytes on every machine. Exits with 1 if any answer differs.
            """)

    @Argument(help: "The unit's index, or the first digits (six or more) of the digest of a unit, an update or a host.")
    var id: String

    @OptionGroup var data: AuditedSource

    @Option(help: "Threads to compute with.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    func validate() throws {
        try ThreadCount.validate(threads)
    }

    func run() async throws {
        var areAllRight = true
        try await data.withMirror { mirror in
            let claims = try UnitAudit.claims(id, in: mirror)
            guard !claims.isEmpty else {
                throw CommandFailure("the ledger has no answer with the id \(id): see 'caravan credits' for the hosts")
            }
            for claim in claims where try !audit(claim, in: mirror) { areAllRight = false }
        }
        if !areAllRight { throw ExitCode.failure }
    }

    /// - Returns: whether the answer is right.
    private func audit(_ claim: UnitAudit.Claim, in mirror: PublicMirror) throws -> Bool {
        let audit = try UnitAudit(claim, in: mirror, threads: threads)
        let unit = audit.unit
        print(
            """
            unit \(claim.index), ledger entry \(claim.entry): host \(claim.host.short), from version \
            \(unit.base.version), \(unit.training.steps) steps, \(unit.training.tokens) tokens, \
            \(unit.training.numerics.rawValue) numerics
              claimed:    update \(claim.update.short), loss \(audit.manifest.losses.first ?? .nan) to \
            \(audit.manifest.losses.last ?? .nan), trace \(audit.manifest.trace?.short ?? "none")
            """)
        guard !unit.errorFeedback else {
            throw CommandFailure(
                "this unit's updates hold what their host kept from earlier ones (errorFeedback), which nobody else has"
            )
        }
        let outcome = try audit.run { step in
            if step.isMultiple(of: 8) { Terminal.print("  step \(step) of \(unit.training.steps)") }
        }
        switch outcome {
        case .same: print("  recomputed: the same bytes")
        case .apart(let distance, let isAllowed):
            let percent = (100 * distance).formatted(.number.precision(.significantDigits(2)))
            print(
                "  recomputed: \(percent) % of its length apart, which the project \(isAllowed ? "allows" : "does not allow")"
            )
        case .parts(let step, let claimed, let recomputed):
            print(
                "  recomputed: parts before step \(step), whose loss is claimed as \(claimed) and comes out as \(recomputed)"
            )
        case .differs(let parameter, let claimed, let recomputed):
            let tensor = ParameterLayout(unit.model).tensor(at: parameter)
            print(
                "  recomputed: all losses agree, and the update parts in \(tensor.name)"
                    + "[\(parameter - tensor.range.lowerBound)], claimed \(claimed), recomputed \(recomputed)")
        case .otherTrace:
            print("  recomputed: the same numbers, and another trace of the training than the update names")
        }
        if let conviction = claim.conviction {
            let part =
                unit.training.numerics == .canonical
                ? conviction.claimed.firstDifference(from: conviction.recomputed, steps: unit.training.steps) : nil
            let place = part.map { "parts in steps \($0.lowerBound) to \($0.upperBound - 1)" } ?? "another update"
            print("  convicted: \(place); struck units \(conviction.struck.map(String.init).joined(separator: ", "))")
        }
        return outcome.isRight
    }
}
