import Foundation
import WorkUnits

/// Where a client stands, read from its folder while it runs or not.
public struct ClientStatus: Codable, Hashable, Sendable {
    public var project: JoinedProject
    public var host: HostID
    /// Whom the host works for; nil before it is certified.
    public var volunteer: VolunteerID?
    public var team: String?
    public var isRunning: Bool
    /// What it does: `unregistered`, `idle`, `fetching`, `training`, `uploading`, `submitting` or `finished`.
    public var phase: String
    public var pause: VolunteerState.Pause?
    public var assignment: Assignment?
    /// The last step of the unit in work.
    public var progress: TrainingProgress?
    public var tally: VolunteerState.Tally
}

extension ClientFolder {
    public func status() throws -> ClientStatus {
        let project = try joined()
        let state = try state() ?? VolunteerState(seed: 0)
        let certificate = try storedCertificate()?.unverified()
        return ClientStatus(
            project: project, host: try key().verifyingKey, volunteer: certificate?.volunteer, team: certificate?.team,
            isRunning: isLocked(), phase: state.phase.name,
            pause: state.pause, assignment: state.lease?.assignment, progress: progress(in: state.phase),
            tally: state.tally)
    }

    private func progress(in phase: VolunteerState.Phase) -> TrainingProgress? {
        guard case .training = phase, let file = FileHandle(forReadingAtPath: slot + "/progress.jsonl") else {
            return nil
        }
        let end = (try? file.seekToEnd()) ?? 0
        try? file.seek(toOffset: end > 4096 ? end - 4096 : 0)
        let lines = file.availableData.split(separator: UInt8(ascii: "\n"))
        return lines.last.flatMap { try? JSONDecoder().decode(TrainingProgress.self, from: $0) }
    }
}

extension VolunteerState.Phase {
    /// As people and JSON see it.
    public var name: String {
        switch self {
        case .unregistered: "unregistered"
        case .idle: "idle"
        case .fetching: "fetching"
        case .training: "training"
        case .uploading: "uploading"
        case .submitting: "submitting"
        case .finished: "finished"
        }
    }
}
