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
    /// Units that it answered, and names that it had before this one.
    var answers = 0
    private(set) var earlierNames = 0

    enum Doing {
        case registering
        case asking
        case training(Lease, Act)
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

    /// Goes on as somebody else.
    mutating func takeNewName(number: Int) {
        earlierNames += 1
        traits.name = HostTraits.name(number, life: earlierNames)
        answers = 0
        heldVersion = nil
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
