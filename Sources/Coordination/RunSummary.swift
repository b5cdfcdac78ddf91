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

    init(_ core: CoordinatorCore) {
        let run = core.run
        ledger = core.ledger
        version = run.version
        height = run.height
        hosts = run.hostCount
        openAssignments = run.openAssignments
        counts = run.counts
        isFinished = run.isFinished
    }

    func isMergeDue(_ policy: RunPolicy) -> Bool { height - version * policy.mergeEvery >= policy.mergeEvery }
}
