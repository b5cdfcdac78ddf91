import Coordination
import Federation
import LanguageModel
import Ledger
import Recipes
import WorkUnits

/// The ledger of a simulated run: what it draws, and who earns what.
struct SimulatedLedger {
    private var chain = LedgerChain()
    private(set) var credits = CreditBook()

    /// With the entry that opens it.
    init(_ recipe: Recipe) throws {
        let description = try recipe.simulatedDescription()
        _ = try append(
            .opened(Signed(description, by: Recipe.simulatedKey, context: ProjectDescription.signingContext)),
            at: Timestamp(milliseconds: 0))
    }

    /// - Returns: the new entry's digest, if it records an answer and draws.
    mutating func append(_ record: TrainingRun.Record, at time: Timestamp) throws -> Digest? {
        try append(LedgerRecord(record), at: time)
    }

    private mutating func append(_ record: LedgerRecord, at time: Timestamp) throws -> Digest? {
        let entry = try chain.append(record, at: time)
        credits.add(record, digest: entry.digest) { ParameterLayout($0).count }
        return record.isAnswer ? entry.digest : nil
    }
}
