import Federation
import Ledger

/// What readers are told of a run, as the store has it.
struct RunSummary {
    let ledger: LedgerChain
    let version: Int
    let height: Int
    let hosts: Int
    let openAssignments: Int
    let counts: TrainingRun.Counts
    let isFinished: Bool
    let isMergeDue: Bool
    /// Versions that were in use when this one was committed, or the coordinator started: no older one will ever be again.
    let bases: Set<Int>

    /// - Parameter earlier: what readers were told before.
    init(_ core: CoordinatorCore, after earlier: RunSummary? = nil) {
        let run = core.run
        ledger = core.ledger
        version = run.version
        height = run.height
        hosts = run.hostCount
        openAssignments = run.openAssignments
        counts = run.counts
        isFinished = run.isFinished
        isMergeDue = run.isMergeDue
        bases = earlier.flatMap { $0.version == run.version ? $0.bases : nil } ?? run.basesInUse
    }
}
