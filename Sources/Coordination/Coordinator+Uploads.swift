import Federation
import WorkUnits

/// Updates on their way in. Bytes go straight to the blob store, past the actor.
extension Coordinator {
    /// Different updates that a host may announce for one assignment.
    static let updatesPerAssignment = 3

    public nonisolated func announceUpload(_ signed: Signed<UploadAnnouncement>) async throws -> UploadState {
        let announcement = try verified(signed)
        guard announcement.bytes <= policy.maximumUpdateBytes else {
            throw Refusal(
                .tooLarge, "an update of \(announcement.bytes) bytes: at most \(policy.maximumUpdateBytes) are taken")
        }
        try await admit(announcement)
        let ticket = ticket(of: announcement.update, for: announcement.assignment)
        return try storing {
            try blobs.beginUpload(ticket: ticket, content: announcement.update, length: announcement.bytes)
        }
    }

    /// Takes updates only for open leases, and few for each: a host cannot fill the disk.
    private func admit(_ announcement: UploadAnnouncement) throws(Refusal) {
        let assignment = announcement.assignment
        guard let lease = run.lease(of: announcement.host), lease.assignment == assignment, lease.deadline > now()
        else {
            throw Refusal(
                .assignmentExpired,
                "assignment \(assignment) is not in the hands of host \(announcement.host.short): ask for new work")
        }
        let updates = announced[assignment, default: []].union([announcement.update])
        guard updates.count <= Self.updatesPerAssignment else {
            throw Refusal(
                .conflict,
                "assignment \(assignment) has \(Self.updatesPerAssignment) announced updates: send one of them")
        }
        announced[assignment] = updates
    }

    /// Nobody can guess it without the project's key; an assignment's update has the same ticket after a restart.
    nonisolated func ticket(of update: Digest, for assignment: AssignmentID) -> Digest {
        let secret = Digest(of: Array("caravan upload ticket 1".utf8) + [0] + key.seed)
        return Digest(of: secret.bytes + update.bytes + Array("\(assignment)".utf8))
    }

    /// Removes what was sent for assignments that have ended: accepted updates are blobs, the others nobody needs.
    ///
    /// After a restart only time tells which those are: no upload is older than its assignment.
    func removeEndedUploads() throws {
        for (assignment, updates) in announced where !run.isOpen(assignment) {
            for update in updates { try blobs.removeUpload(ticket: ticket(of: update, for: assignment)) }
            announced[assignment] = nil
        }
        let needed = run.outstanding.compactMap { effect -> Digest? in
            guard case .judge(let judging) = effect else { return nil }
            return ticket(of: judging.update, for: judging.assignment)
        }
        try blobs.removeUploads(
            begunBefore: now() + Seconds(-2 * policy.lease.count - policy.patience.count), except: Set(needed))
    }

    public nonisolated func uploadState(_ ticket: Digest) async throws -> UploadState {
        guard let state = try storing({ try blobs.uploadState(ticket: ticket) }) else {
            throw Refusal(UploadFailure.unknownTicket)
        }
        return state
    }

    public nonisolated func appendUpload(_ ticket: Digest, at offset: Int, _ bytes: [UInt8]) async throws -> UploadState
    {
        let state = try storing { try blobs.appendUpload(ticket: ticket, at: offset, bytes) }
        await countBytes(up: bytes.count)
        return state
    }

    /// An update that arrived whole.
    nonisolated func upload(of update: Digest, for assignment: AssignmentID) throws(Refusal) -> (any RandomAccessBytes)?
    {
        try storing { try blobs.upload(ticket: ticket(of: update, for: assignment)) }
    }

    /// Failures of the blob store, in the words of the API.
    nonisolated func storing<Result>(_ body: () throws -> Result) throws(Refusal) -> Result {
        do {
            return try body()
        } catch let failure as UploadFailure {
            throw Refusal(failure)
        } catch {
            throw refusal(for: error, "the blob store cannot do this now")
        }
    }

    public func countBytes(down: Int = 0, up: Int = 0) {
        bytesDown += down
        bytesUp += up
    }
}

extension Refusal {
    init(_ failure: UploadFailure) {
        switch failure {
        case .unknownTicket: self.init(.notFound, "no upload has this ticket: announce it again")
        case .wrongOffset(let durable): self.init(.conflict, "the upload stands at byte \(durable): continue there")
        case .tooLong(let announced): self.init(.tooLarge, "more than the \(announced) bytes that were announced")
        case .wrongDigest(let announced, let received):
            self.init(
                .malformed,
                "the bytes are \(received.short), not the announced \(announced.short): begin the upload again")
        }
    }
}
