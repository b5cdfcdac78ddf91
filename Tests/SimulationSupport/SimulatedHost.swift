import Federation
import WorkUnits

/// One simulated volunteer's computer: what it is doing, and what it says next.
struct SimulatedHost {
    let key: SigningKey
    let name: HostID
    /// Seconds that this computer takes for a unit of the most steps.
    let pace: Double
    var doing = Doing.registering
    /// Counts what it did: a timer or a result of something earlier is recognised by its number.
    private(set) var step = 0

    enum Doing {
        case registering
        case asking
        case training(Lease)
        case submitting(SignedSubmission)
        /// The run is finished, or the host went away for good.
        case nothing
    }

    init(number: Int, pace: Double) {
        key = ImaginaryProject.key(number + 1)
        name = key.verifyingKey
        self.pace = pace
    }

    mutating func begin(_ doing: Doing) {
        self.doing = doing
        step += 1
    }

    /// What it sends, again and again until there is an answer.
    var message: TrainingRun.Event? {
        switch doing {
        case .registering: .joined(Joining(host: name))
        case .asking: .workRequested(name)
        case .submitting(let submission): .submitted(submission)
        case .training, .nothing: nil
        }
    }

    /// The submission of a lease. The drift says which of the possible updates the host computed; beyond the sound ones
    /// it is garbage.
    func submission(of lease: Lease, project: ProjectID, drift: Int) throws -> SignedSubmission {
        let unit = Digest(of: ImaginaryProject.archive(of: lease.unit))
        let body = Submission(
            project: project, assignment: lease.assignment, host: name, unit: unit,
            update: Digest(of: ImaginaryProject.update(of: unit, drift: drift)))
        let envelope = try Signed(body, by: key, context: Submission.signingContext)
        return SignedSubmission(body, signature: envelope.signature, trace: ImaginaryProject.trace(of: lease.unit))
    }
}
