import Federation
import WorkUnits

/// One simulated volunteer's computer: what it is doing, and what it says next.
struct SimulatedHost {
    var traits: HostTraits
    private(set) var doing = Doing.registering
    /// Counts what it did: a timer of something earlier is recognised by its number.
    private(set) var step = 0
    /// The newest version whose weights it has.
    var heldVersion: Int?

    enum Doing {
        case registering
        case asking
        case training(Lease)
        case submitting(Lease, SignedSubmission)
        /// The run is finished, or the host went away for good.
        case nothing
    }

    init(_ traits: HostTraits) {
        self.traits = traits
    }

    mutating func begin(_ doing: Doing) {
        self.doing = doing
        step += 1
    }

    /// What it sends, again and again until there is an answer.
    var message: TrainingRun.Event? {
        switch doing {
        case .registering: .joined(Joining(host: traits.name))
        case .asking: .workRequested(traits.name)
        case .submitting(_, let submission): .submitted(submission)
        case .training, .nothing: nil
        }
    }
}
