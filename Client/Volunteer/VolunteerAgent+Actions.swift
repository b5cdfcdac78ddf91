import Foundation
import Transport
import WorkUnits

extension VolunteerAgent {
    static let software = "caravan-client 0.1"

    /// Makes sure that this is the server that was joined, and introduces the host.
    ///
    /// - Returns: nil when cancelled.
    func register() async throws -> VolunteerState.Event? {
        let description = try await client.project().selfSigned()
        guard description.project == joined.project else {
            throw VolunteerFailure.wrongProject(pinned: joined.project, found: description.project, url: client.url)
        }
        try await watchLedger()
        do {
            try await client.register(registration(nil))
        } catch TransportFailure.refused(let refused) where refused.reply.code == "admission-required" {
            guard let admission = try admission(by: description) else { return nil }
            try await client.register(registration(admission))
        }
        report(.registered(description))
        return .registered
    }

    /// Stops for good where the ledger is not the one that was seen before: then work may be counted for some and not for others.
    private func watchLedger() async throws {
        do {
            try folder.save(await client.head(after: folder.head(), of: joined.project))
        } catch let fork as ForkedLedger {
            let file = try folder.keep(fork.evidence)
            throw VolunteerFailure.folder(
                "\(fork); both heads, signed by the coordinator, are in \(file): show them to the project's people and others"
            )
        }
    }

    private func registration(_ admission: Admission?) throws -> Signed<HostRegistration> {
        let body = HostRegistration(
            project: joined.project, host: host, name: joined.hostName, software: Self.software,
            processors: ProcessInfo.processInfo.activeProcessorCount,
            certificate: try folder.certificate(of: host, at: now()), admission: admission, stamp: RequestStamp(now()))
        return try Signed(body, by: key, context: HostRegistration.signingContext)
    }

    /// What the project asks of a host that it does not know yet; nil when cancelled.
    private func admission(by description: ProjectDescription) throws -> Admission? {
        let claim = AdmissionClaim(
            project: joined.project, host: host,
            volunteer: try folder.certificate(of: host, at: now()).unverified().volunteer)
        switch description.admission {
        case .open(let bits):
            guard AdmissionRule.proofBits.contains(bits) else {
                throw VolunteerFailure.folder("the project asks for a proof of \(bits) bits, which nobody can compute")
            }
            report(.proving(bits: bits))
            return claim.proof(bits: bits) { Task.isCancelled }
        case .invitation: return claim.admission(by: try folder.invitation())
        }
    }

    func requestWork() async throws -> VolunteerState.Event {
        let request = WorkRequest(project: joined.project, host: host, stamp: RequestStamp(now()))
        return try event(of: await client.requestWork(Signed(request, by: key, context: WorkRequest.signingContext)))
    }

    private func event(of reply: WorkReply) throws -> VolunteerState.Event {
        switch reply {
        case .finished: return .runFinished
        case .wait(let time, let reason): return .toldToWait(time, reason: reason)
        case .assigned(let signed):
            let assignment = try signed.verified(by: joined.project, context: Assignment.signingContext)
            if let reason = assignment.defect(project: joined.project, host: host) {
                return .failed(.init(.tryAgain, "the server sent an assignment \(reason)"))
            }
            report(.assigned(assignment))
            return .assigned(assignment)
        }
    }

    func fetch(_ assignment: Assignment) async throws -> VolunteerState.Event {
        let slot = Slot(folder, assignment)
        if try slot.isReady() { return .fetched }
        try slot.makeRoom()
        try await fetchBase(assignment.base, into: slot.cache) { report(.downloading(done: $0, of: $1)) }
        try await client.download(assignment.unit, bytes: assignment.unitBytes, to: slot.cachedUnit) {
            report(.downloading(done: $0, of: assignment.unitBytes))
        }
        if let reason = try assignment.defect(ofUnitAt: slot.cachedUnit) {
            unlink(slot.cachedUnit)
            return .failed(.init(.drop, "the server sent a unit \(reason)"))
        }
        try slot.prepare()
        return .fetched
    }

    func train(_ assignment: Assignment, until deadline: Timestamp?) async throws -> VolunteerState.Event? {
        let slot = Slot(folder, assignment)
        guard try slot.isReady() else {
            return .failed(.init(.fetchAgain, "the unit in work is gone from \(folder.slot)"))
        }
        let end = try await work(until: deadline)
        switch end.exit {
        case .finished: return .trained(try FileDigest.read(slot.update))
        case .stopped where Task.isCancelled: return nil
        case .stopped where deadline.map { $0 <= now() } ?? false: return .suspended
        case .malformedUnit, .diverged: return .failed(.init(.drop, end.message))
        case .wrongBase:
            try slot.discard()
            return .failed(.init(.fetchAgain, end.message))
        // Others may compute it, and this host too, once it allows more.
        case .tooLittleMemory: throw VolunteerFailure.worker(end.message)
        case .stopped, .inputOutput, .diskFull, .usage, nil: return .failed(.init(.tryAgain, end.message))
        }
    }

    /// Lets the worker run, until the deadline at most.
    private func work(until deadline: Timestamp?) async throws -> WorkerEnd {
        try await withThrowingTaskGroup(of: WorkerEnd?.self) { group in
            group.addTask {
                try await worker.train(slot: folder.slot) { report(.training($0)) }
            }
            if let deadline {
                group.addTask {
                    while now() < deadline, !Task.isCancelled {
                        let rest = deadline.milliseconds - now().milliseconds
                        try? await Task.sleep(for: .milliseconds(min(max(rest, 1), 60_000)))
                    }
                    return nil
                }
            }
            var end: WorkerEnd?
            while end == nil {
                end = try await group.next() ?? nil
                group.cancelAll()
            }
            return end ?? WorkerEnd(exit: nil, message: "")
        }
    }

    func upload(_ update: FileDigest, for assignment: Assignment) async throws -> VolunteerState.Event {
        let slot = Slot(folder, assignment)
        guard try FileDigest.read(slot.update) == update else {
            return .failed(.init(.drop, "the update in \(folder.slot) was damaged"))
        }
        if update.travelsWithSubmission { return .uploaded }
        let announcement = UploadAnnouncement(
            project: joined.project, assignment: assignment.id, host: host, update: update.digest, bytes: update.bytes,
            stamp: RequestStamp(now()))
        let signed = try Signed(announcement, by: key, context: UploadAnnouncement.signingContext)
        try await client.upload(slot.update, signed) { report(.uploading(done: $0, of: update.bytes)) }
        return .uploaded
    }

    func submit(
        _ update: FileDigest, for assignment: Assignment, asksForWork: Bool
    ) async throws -> VolunteerState.Event {
        let submission = Submission(
            project: joined.project, assignment: assignment.id, host: host, unit: assignment.unit, update: update.digest
        )
        let slot = Slot(folder, assignment)
        let archive = update.travelsWithSubmission ? try FileBytes(path: slot.update).read(update.bytes, at: 0) : nil
        let reply = try await client.submit(
            Delivery(
                Signed(submission, by: key, context: Submission.signingContext), trace: slot.trace(), update: archive,
                asksForWork: asksForWork))
        if reply.submission.verdict == .accepted { try slot.keepFeedback() }
        report(.judged(reply.submission))
        return .judged(reply.submission.verdict, next: try reply.work.map(event))
    }
}

extension FileDigest {
    fileprivate var travelsWithSubmission: Bool { bytes <= Delivery.maximumUpdateBytes }
}

extension Assignment {
    /// Larger files are not fetched from anybody.
    static let maximumBaseBytes = 1 << 38
    static let maximumUnitBytes = 1 << 32

    /// What is wrong with an assignment that is rightly signed; nil for nothing.
    func defect(project: ProjectID, host: HostID) -> String? {
        if self.project != project { return "of another project" }
        if self.host != host { return "for another host" }
        guard (1...Self.maximumUnitBytes).contains(unitBytes) else { return "with a unit of \(unitBytes) bytes" }
        guard (1...Self.maximumBaseBytes).contains(base.bytes) else { return "with a base of \(base.bytes) bytes" }
        return nil
    }

    /// What is wrong with a unit that has the digest which the assignment names; nil for nothing.
    func defect(ofUnitAt path: String) throws -> String? {
        do {
            let unit = try WorkUnitArchive.decode(FileBytes(path: path)).unit
            if unit.project != project { return "of another project" }
            if unit.base != base { return "for another base than its assignment says" }
            return nil
        } catch let error as MalformedArchive {
            return "that is a \(error)"
        }
    }
}
