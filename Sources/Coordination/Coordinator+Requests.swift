import Federation
import WorkUnits

/// What hosts ask. Signatures are checked before the actor is entered.
extension Coordinator {
    /// Most seconds between the time in a work request and the coordinator's.
    static let clockTolerance = 300.0
    /// Most bytes of why an update was rejected: the reason may quote the update, and is kept for ever.
    static let reasonLimit = 500

    public nonisolated func register(_ signed: Signed<HostRegistration>) async throws {
        let registration = try signed.verified(for: projectID)
        _ = try await propose(Proposal(.hostRegistered(registration.host)))
    }

    public nonisolated func requestWork(_ signed: Signed<WorkRequest>) async throws -> WorkReply {
        let request = try signed.verified(for: projectID)
        let now = now()
        let window = (now + Seconds(-Self.clockTolerance))...(now + Seconds(Self.clockTolerance))
        guard window.contains(request.time) else {
            throw Refusal(
                .unauthorized,
                "the request's time is more than \(Int(Self.clockTolerance)) s from the server's: set the clock")
        }
        for effect in try await propose(Proposal(.workRequested(request.host))) {
            switch effect {
            case .assign(let lease): return .assigned(try await assignment(for: lease))
            case .wait(let seconds, let reason): return .wait(seconds: seconds, reason: reason)
            case .finished: return .finished
            case .judge, .answer, .merge, .record: continue
            }
        }
        preconditionFailure("a work request is always answered")
    }

    /// The signed document for a lease: the same bytes whenever it is asked for.
    private nonisolated func assignment(for lease: Lease) async throws -> Signed<Assignment> {
        let unit = try await archive(of: lease.unit)
        let assignment = Assignment(
            id: lease.assignment, project: projectID, host: lease.host, unit: unit.digest, unitBytes: unit.bytes,
            base: lease.unit.base, deadline: lease.deadline, maximumUpdateBytes: policy.maximumUpdateBytes)
        return try Signed(assignment, by: key, context: Assignment.signingContext)
    }

    /// The archive of a unit, remembered while there is room.
    private func archive(of unit: IssuedUnit) async throws(Refusal) -> BlobReference {
        if let known = archives[unit] { return known }
        do {
            let archive = try await services.archive(of: unit)
            if archives.count >= 8192 { archives.removeAll() }
            archives[unit] = archive
            return archive
        } catch {
            throw refusal(for: error, "the work unit could not be prepared")
        }
    }

    /// Answers when the judgement is stored; a host that missed the answer asks again and gets the same.
    public nonisolated func submit(_ signed: Signed<Submission>) async throws -> SubmissionReply {
        let submission = try signed.verified(for: projectID)
        try await requireFitting(submission)
        let proposal = Proposal(.submitted(SignedSubmission(submission, signature: signed.signature)))
        for _ in 0..<2 {
            for case .answer(submission.assignment, let reply) in try await propose(proposal) { return reply }
            try await judge(submission.assignment)
        }
        throw Refusal(.unavailable, "assignment \(submission.assignment) is still being judged, ask again later")
    }

    /// A first answer to a lease must name its unit, and its update must have arrived whole.
    private func requireFitting(_ submission: Submission) async throws(Refusal) {
        guard let lease = run.lease(of: submission.host), lease.assignment == submission.assignment else { return }
        guard try await archive(of: lease.unit).digest == submission.unit else {
            throw Refusal(.conflict, "assignment \(submission.assignment) is another unit: submit what was assigned")
        }
        guard try upload(of: submission.update, for: submission.assignment) != nil else {
            throw Refusal(.notFound, "update \(submission.update.short) was not uploaded whole: upload it first")
        }
    }

    /// Judges a submission that waits for it, once, whoever asks.
    func judge(_ assignment: AssignmentID) async throws {
        if let running = judgements[assignment] { return try await running.value }
        guard let judging = run.judging(of: assignment) else { return }
        let task = Task {
            defer { judgements[assignment] = nil }
            do {
                _ = try await propose(Proposal(.judged(assignment, try await verdict(on: judging))))
            } catch let refusal as Refusal where refusal.code == .conflict {
                // Taken back while it was judged: the rules already have an answer.
            }
        }
        judgements[assignment] = task
        try await task.value
    }

    /// A lease that began after `requireFitting` looked may have been answered at once, with anything.
    private func verdict(on judging: Judging) async throws(Refusal) -> Verdict {
        guard try await archive(of: judging.issue).digest == judging.unit else {
            return .rejected(reason: "the submission names another unit than was assigned")
        }
        guard let update = try upload(of: judging.update, for: judging.assignment) else {
            return .rejected(reason: "the update was not uploaded")
        }
        do {
            switch try await services.judge(update, unit: judging.unit, base: judging.issue.base) {
            case .rejected(let reason):
                return .rejected(reason: String(decoding: reason.utf8.prefix(Self.reasonLimit), as: UTF8.self))
            case let verdict:
                // Before it can count: what counts is a blob.
                try blobs.keepUpload(ticket: ticket(of: judging.update, for: judging.assignment))
                return verdict
            }
        } catch UploadFailure.unknownTicket {
            // Taken back while it was judged, and removed: the rules already have an answer.
            return .rejected(reason: "the update is gone")
        } catch {
            throw refusal(for: error, "the update could not be judged")
        }
    }
}
