import Federation
import WorkUnits

/// Updates on their way in. Bytes go straight to the blob store, past the actor.
extension Coordinator {
    public nonisolated func announceUpload(_ signed: Signed<UploadAnnouncement>) async throws -> UploadState {
        let announcement = try signed.verified(for: projectID)
        guard announcement.bytes <= policy.maximumUpdateBytes else {
            throw Refusal(
                .tooLarge, "an update of \(announcement.bytes) bytes: at most \(policy.maximumUpdateBytes) are taken")
        }
        guard await holdsOpen(announcement.assignment, announcement.host) else {
            throw Refusal(
                .assignmentExpired,
                "assignment \(announcement.assignment) is not in the hands of host \(announcement.host.short): ask for new work"
            )
        }
        return try storing {
            try blobs.beginUpload(
                ticket: ticket(for: signed.digest), content: announcement.update, length: announcement.bytes)
        }
    }

    private func holdsOpen(_ assignment: AssignmentID, _ host: HostID) -> Bool {
        guard let lease = run.lease(of: host) else { return false }
        return lease.assignment == assignment && lease.deadline > now()
    }

    /// Nobody can guess it without the project's key; the same announcement has the same ticket, also after a restart.
    private nonisolated func ticket(for announcement: Digest) -> Digest {
        let secret = Digest(of: Array("caravan upload ticket 1".utf8) + [0] + key.seed)
        return Digest(of: secret.bytes + announcement.bytes)
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

    nonisolated func open(_ digest: Digest) throws(Refusal) -> (any RandomAccessBytes)? {
        try storing { try blobs.open(digest) }
    }

    /// Failures of the blob store, in the words of the API.
    private nonisolated func storing<Result>(_ body: () throws -> Result) throws(Refusal) -> Result {
        do {
            return try body()
        } catch let failure as UploadFailure {
            throw Refusal(failure)
        } catch {
            throw Refusal(.unavailable, "the blob store cannot do this now, ask again later: \(error)")
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
