import WorkUnits

/// What happens, for people who watch.
public enum VolunteerReport: Sendable {
    case started(JoinedProject, HostID)
    /// The host computes a proof of work, because the project does not know it yet.
    case proving(bits: Int)
    case registered(ProjectDescription)
    case assigned(Assignment)
    case downloading(done: Int, of: Int)
    case training(TrainingProgress)
    case uploading(done: Int, of: Int)
    case judged(SubmissionReply)
    /// Nothing happens until then, after something that the pause's reason tells.
    case pausing(VolunteerState.Pause, after: VolunteerState.Event)
}
