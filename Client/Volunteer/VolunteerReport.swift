import WorkUnits

/// What happens, for people who watch.
public enum VolunteerReport: Sendable {
    case started(JoinedProject, HostID)
    case registered(ProjectDescription)
    case assigned(Assignment)
    case downloading(done: Int, of: Int)
    case training(TrainingProgress)
    case uploading(done: Int, of: Int)
    case judged(SubmissionReply)
    /// Nothing happens until then, after something that the pause's reason tells.
    case pausing(VolunteerState.Pause, after: VolunteerState.Event)
}
