import Coordination
import SimulationSupport
import Testing
import WorkUnits

struct UploadTests {
    @Test func `an upload continues where it stopped, also after a restart`() async throws {
        let bench = try Bench()
        var coordinator = try await bench.start()
        let host = Speaker(1, bench)
        let assignment = try await host.assignment(from: coordinator, bench)
        let update = ImaginaryProject.update(of: assignment.unit)
        func announcement() throws -> Signed<UploadAnnouncement> { try host.announcement(assignment.id, of: update) }
        let begun = try await coordinator.announceUpload(try announcement())
        #expect(begun.offset == 0 && begun.length == update.count)
        _ = try await coordinator.appendUpload(begun.ticket, at: 0, Array(update.prefix(7)))
        coordinator = try await bench.start()
        let again = try await coordinator.announceUpload(try announcement())
        #expect(again == UploadState(ticket: begun.ticket, offset: 7, length: update.count))
        let done = try await coordinator.appendUpload(begun.ticket, at: 7, Array(update.dropFirst(7)))
        #expect(done.isComplete)
        #expect(try await coordinator.announceUpload(try announcement()).isComplete)
        #expect(bench.blobs.open(Digest(of: update)) == nil, "nobody judged it")
        let submission = try host.submission(assignment.id, unit: assignment.unit, update: update)
        #expect(try await coordinator.submit(submission).verdict == .accepted)
        #expect(bench.blobs.open(Digest(of: update))?.count == update.count)
    }

    @Test func `what was sent for an assignment that ended takes no room`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        let host = Speaker(1, bench)
        let assignment = try await host.assignment(from: coordinator, bench)
        let (garbage, spare) = (ImaginaryProject.update(of: assignment.unit, drift: 99), [1, 2, 3] as [UInt8])
        try await host.upload(garbage, for: assignment, to: coordinator)
        let unused = try await coordinator.announceUpload(try host.announcement(assignment.id, of: spare))
        let submission = try host.submission(assignment.id, unit: assignment.unit, update: garbage)
        let reply = try await coordinator.submit(submission)
        #expect(reply.verdict != .accepted)
        try await coordinator.passTime()
        #expect(bench.blobs.uploadCount == 0)
        #expect(bench.blobs.open(Digest(of: garbage)) == nil)
        #expect(
            try await refusal { _ = try await coordinator.appendUpload(unused.ticket, at: 0, spare) } == .notFound)
        #expect(try await coordinator.submit(submission) == reply, "its answer is remembered without it")
    }

    @Test func `an update that another host sent as well survives the rejection of the other`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        let (host, copier) = (Speaker(1, bench), Speaker(2, bench))
        let assignment = try await host.assignment(from: coordinator, bench)
        let other = try await copier.assignment(from: coordinator, bench)
        let update = ImaginaryProject.update(of: assignment.unit)
        try await host.upload(update, for: assignment, to: coordinator)
        try await copier.upload(update, for: other, to: coordinator)
        let copied = try copier.submission(other.id, unit: other.unit, update: update)
        #expect(try await coordinator.submit(copied).verdict != .accepted)
        try await coordinator.passTime()
        let submission = try host.submission(assignment.id, unit: assignment.unit, update: update)
        #expect(try await coordinator.submit(submission).verdict == .accepted)
        try await coordinator.passTime()
        #expect(bench.blobs.open(Digest(of: update)) != nil)
        #expect(bench.blobs.uploadCount == 0)
    }

    @Test func `naming one of the project's blobs as an update takes nothing away`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        let host = Speaker(1, bench)
        let assignment = try await host.assignment(from: coordinator, bench)
        let blob = Array("the weights of version 0".utf8)
        bench.blobs.store(blob)
        #expect(try await coordinator.announceUpload(try host.announcement(assignment.id, of: blob)).isComplete)
        let submission = try host.submission(assignment.id, unit: assignment.unit, update: blob)
        #expect(
            try await coordinator.submit(submission).verdict == .rejected(reason: "not an update of this unit"))
        try await coordinator.passTime()
        #expect(bench.blobs.open(Digest(of: blob)) != nil)
    }

    @Test func `an update that waits for its judgement is not forgotten`() async throws {
        let bench = try Bench()
        var coordinator = try await bench.start()
        let host = Speaker(1, bench)
        let assignment = try await host.assignment(from: coordinator, bench)
        let submission = try await host.answer(to: assignment, coordinator)
        bench.services.failNext(1)
        #expect(try await refusal { _ = try await coordinator.submit(submission) } == .unavailable)
        coordinator = try await bench.start()
        bench.advance(10_000)
        try await coordinator.passTime()
        #expect(try await coordinator.submit(submission).verdict == .accepted)
        bench.advance(10_000)
        try await coordinator.passTime()
        #expect(bench.blobs.uploadCount == 0)
    }

    @Test func `bytes that do not fit are refused`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        let host = Speaker(1, bench)
        let assignment = try await host.assignment(from: coordinator, bench)
        let update = ImaginaryProject.update(of: assignment.unit)
        let ticket = try await coordinator.announceUpload(try host.announcement(assignment.id, of: update)).ticket
        func append(_ offset: Int, _ bytes: [UInt8]) async throws -> Refusal.Code? {
            try await refusal { _ = try await coordinator.appendUpload(ticket, at: offset, bytes) }
        }
        #expect(try await append(3, [1]) == .conflict)
        #expect(try await append(0, update + [0]) == .tooLarge)
        #expect(try await append(0, Array(repeating: 0, count: update.count)) == .malformed)
        #expect(try await append(0, update) == .notFound, "dropped: to be announced again")
        #expect(try await refusal { _ = try await coordinator.uploadState(ticket) } == .notFound)
    }

    @Test func `an update that is too large or without an assignment is not taken`() async throws {
        let bench = try Bench(maximumUpdateBytes: 100)
        let coordinator = try await bench.start()
        let host = Speaker(1, bench)
        let assignment = try await host.assignment(from: coordinator, bench)
        func announce(_ speaker: Speaker, _ id: AssignmentID, _ bytes: Int) async throws -> Refusal.Code? {
            let announcement = try speaker.announcement(id, of: Array(repeating: 1, count: bytes))
            return try await refusal { _ = try await coordinator.announceUpload(announcement) }
        }
        #expect(try await announce(host, assignment.id, 101) == .tooLarge)
        #expect(try await announce(host, assignment.id, 0) == .malformed)
        #expect(try await announce(host, assignment.id + 1, 10) == .assignmentExpired)
        #expect(try await announce(Speaker(2, bench), assignment.id, 10) == .assignmentExpired)
        #expect(try await announce(host, assignment.id, 100) == nil)
        bench.advance(600)
        #expect(try await announce(host, assignment.id, 99) == .assignmentExpired)
    }

    @Test func `a host cannot announce one update after another for the same assignment`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        let host = Speaker(1, bench)
        let assignment = try await host.assignment(from: coordinator, bench)
        var codes: [Refusal.Code?] = []
        for content in [0, 1, 2, 3, 0] as [UInt8] {
            let announcement = try host.announcement(assignment.id, of: [content])
            codes.append(try await refusal { _ = try await coordinator.announceUpload(announcement) })
        }
        #expect(codes == [nil, nil, nil, .conflict, nil])
    }

    @Test func `tickets are different for every announcement and project key`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        var tickets: Set<Digest> = []
        for number in 1...2 {
            let host = Speaker(number, bench)
            let assignment = try await host.assignment(from: coordinator, bench)
            for content in 0..<2 as Range<UInt8> {
                let announcement = try host.announcement(assignment.id, of: [content])
                tickets.insert(try await coordinator.announceUpload(announcement).ticket)
                #expect(!tickets.contains(announcement.digest))
            }
        }
        #expect(tickets.count == 4)
    }
}
