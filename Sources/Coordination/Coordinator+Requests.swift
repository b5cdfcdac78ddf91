import Federation
import WorkUnits

/// What hosts ask. Signatures are checked before the actor is entered.
extension Coordinator {
    /// Most bytes of why an update was rejected: the reason may quote the update, and is kept for ever.
    static let reasonLimit = 500

    public nonisolated func requestWork(_ signed: Signed<WorkRequest>) async throws -> WorkReply {
        let request = try verified(signed)
        guard let reply = try await workReply(propose(Proposal(.workRequested(request.host)))) else {
            preconditionFailure("a work request is always answered")
        }
        return reply
    }

    private nonisolated func workReply(_ effects: [TrainingRun.Effect]) async throws -> WorkReply? {
        for effect in effects {
            switch effect {
            case .assign(let lease): return .assigned(try await assignment(for: lease))
            case .wait(let seconds, let reason): return .wait(seconds: seconds, reason: reason)
            case .finished: return .finished
            case .judge, .answer, .merge, .record, .replay: continue
            }
        }
        return nil
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
    ///
    /// The update may come along, and the host may ask for its next unit.
    public nonisolated func submit(_ delivery: Delivery) async throws -> DeliveryReply {
        let submission = try verified(delivery.submission)
        let signed = SignedSubmission(
            submission, signature: delivery.submission.signature, trace: delivery.trace)
        let proposal: Proposal
        if let update = delivery.update {
            proposal = try await judged(signed, update, asksForWork: delivery.asksForWork)
        } else {
            try await requireFitting(submission)
            proposal = Proposal(.submitted(signed))
        }
        for _ in 0..<2 {
            let effects = try await propose(proposal)
            for case .answer(submission.assignment, let reply) in effects {
                return DeliveryReply(reply, work: try await workReply(effects))
            }
            try await judge(submission.assignment)
        }
        throw Refusal(.unavailable, "assignment \(submission.assignment) is still being judged, ask again later")
    }

    /// A first answer to a lease must name its unit, and its update must have arrived whole.
    private func requireFitting(_ submission: Submission) async throws(Refusal) {
        guard try await answeredLease(submission) != nil else { return }
        guard try upload(of: submission.update, for: submission.assignment) != nil else {
            throw Refusal(.notFound, "update \(submission.update.short) was not uploaded whole: upload it first")
        }
    }

    /// The lease that a submission is the first answer to; nil when the rules know what to say.
    private func answeredLease(_ submission: Submission) async throws(Refusal) -> Lease? {
        // A transaction that failed may have taken the lease, which is there again.
        try await readAgainIfDoubtful()
        guard let lease = run.lease(of: submission.host), lease.assignment == submission.assignment else { return nil }
        guard try await archive(of: lease.unit).digest == submission.unit else {
            throw Refusal(.conflict, "assignment \(submission.assignment) is another unit: submit what was assigned")
        }
        return lease
    }

    /// Judges an update that came with its submission before anything is stored, so that both are one transaction.
    private nonisolated func judged(
        _ submission: SignedSubmission, _ update: [UInt8], asksForWork: Bool
    ) async throws(Refusal) -> Proposal {
        guard update.count <= Delivery.maximumUpdateBytes else {
            throw Refusal(
                .tooLarge,
                "updates of more than \(Delivery.maximumUpdateBytes) bytes do not come with their submission: "
                    + "upload it first")
        }
        guard Digest(of: update) == submission.body.update else {
            throw Refusal(.malformed, "the update is not \(submission.body.update.short), which the submission names")
        }
        guard let lease = try await answeredLease(submission.body) else {
            return Proposal(repeated: submission)
        }
        do {
            let others = await run.comparableAnswers(to: lease.unit.index)
            let judgement = bounded(
                try await services.judge(
                    update, of: submission.body.unit, base: lease.unit.base, trace: submission.trace, others: others))
            if judgement.verdict == .accepted { try blobs.hold(update) }
            return Proposal(
                submission, to: lease.unit.index, judged: judgement, among: others, asksForWork: asksForWork)
        } catch {
            throw refusal(for: error, "the update could not be judged")
        }
    }

    /// A judgement whose reason is short enough to keep.
    private nonisolated func bounded(_ judgement: Judgement) -> Judgement {
        guard case .rejected(let reason) = judgement.verdict else { return judgement }
        return Judgement(.rejected(reason: String(decoding: reason.utf8.prefix(Self.reasonLimit), as: UTF8.self)))
    }

    /// Judges a submission that waits for it, once, whoever asks.
    func judge(_ assignment: AssignmentID) async throws {
        if let running = judgements[assignment] { return try await running.value }
        guard run.judging(of: assignment) != nil else { return }
        let task = Task {
            defer { judgements[assignment] = nil }
            while let judging = run.judging(of: assignment) {
                do {
                    _ = try await propose(Proposal(judging, try await judgement(on: judging)))
                } catch let refusal as Refusal where refusal.code == .conflict {
                    // Taken back while it was judged: the rules already have an answer. Or there is one more to compare it with.
                }
            }
        }
        judgements[assignment] = task
        try await task.value
    }

    /// A lease that began after `requireFitting` looked may have been answered at once, with anything.
    private func judgement(on judging: Judging) async throws(Refusal) -> Judgement {
        guard try await archive(of: judging.issue).digest == judging.unit else {
            return Judgement(.rejected(reason: "the submission names another unit than was assigned"))
        }
        guard let update = try upload(of: judging.update, for: judging.assignment) else {
            return Judgement(.rejected(reason: "the update was not uploaded"))
        }
        do {
            let judgement = bounded(
                try await services.judge(
                    update, of: judging.unit, base: judging.issue.base, trace: judging.trace, others: judging.others))
            // Before it can count: what counts is a blob.
            if judgement.verdict == .accepted {
                try blobs.keepUpload(ticket: ticket(of: judging.update, for: judging.assignment))
            }
            return judgement
        } catch UploadFailure.unknownTicket {
            // Taken back while it was judged, and removed: the rules already have an answer.
            return Judgement(.rejected(reason: "the update is gone"))
        } catch {
            throw refusal(for: error, "the update could not be judged")
        }
    }
}
