import Coordination
import HTTPTypes
import HummingbirdTesting
import SimulationSupport
import Testing
import WorkUnits

@Suite struct VolunteerRoutesTests {
    let served: ServedProject
    let host: Host

    init() async throws {
        served = try await ServedProject()
        host = Host(1, of: served)
    }

    @Test func `volunteers train a run to its end`() async throws {
        try await served.serve { client in
            for number in 0..<4 {
                let assignment = try await host.assignment(client)
                #expect(
                    try await client.send(.get, "/api/v1/blobs/\(assignment.unit)").bytes.count == assignment.unitBytes)
                let update = ImaginaryProject.update(of: assignment.unit)
                let state: UploadState = try await client.post(
                    "/api/v1/uploads", host.announcement(of: update, for: assignment))
                #expect(try await client.patch(state.ticket, at: "0", update).status == .ok)
                let submission = try host.submission(of: update, for: assignment)
                let reply: SubmissionReply = try await client.post("/api/v1/submissions", submission)
                #expect(reply == SubmissionReply(verdict: .accepted, height: number + 1))
                let again: SubmissionReply = try await client.post("/api/v1/submissions", submission)
                #expect(again.verdict == .accepted)
                try await served.coordinator.settle()
            }
            let reply: WorkReply = try await client.post("/api/v1/work", host.workRequest())
            #expect(reply == .finished)
            let status: ServerStatus = try await client.get("/api/v1/status")
            #expect(status.finished && status.version == 2 && status.height == 4)
            #expect(status.bytesUp > 0 && status.bytesDown > 0)
        }
    }

    @Test func `an update that is not one of the unit is rejected with a reason`() async throws {
        try await served.serve { client in
            let assignment = try await host.assignment(client)
            let update = Array("nonsense".utf8)
            let state: UploadState = try await client.post(
                "/api/v1/uploads", host.announcement(of: update, for: assignment))
            _ = try await client.patch(state.ticket, at: "0", update)
            let reply: SubmissionReply = try await client.post(
                "/api/v1/submissions", host.submission(of: update, for: assignment))
            #expect(reply.verdict == .rejected(reason: "not an update of this unit"))
        }
    }

    @Test func `a submission without its upload is refused`() async throws {
        try await served.serve { client in
            let assignment = try await host.assignment(client)
            let response = try await client.post(
                "/api/v1/submissions", host.submission(of: [1, 2, 3], for: assignment))
            #expect(response.status == .notFound)
        }
    }

    @Test func `an expired assignment takes no upload and no submission`() async throws {
        try await served.serve { client in
            let assignment = try await host.assignment(client)
            let update = ImaginaryProject.update(of: assignment.unit)
            served.now = served.now + Seconds(3600)
            try await served.coordinator.passTime()
            let announcement = try await client.post(
                "/api/v1/uploads", host.announcement(of: update, for: assignment))
            #expect(announcement.status == .gone)
            #expect(announcement.refusal == "assignment-expired")
            let submission = try await client.post(
                "/api/v1/submissions", host.submission(of: update, for: assignment))
            #expect(submission.status == .gone)
        }
    }

    @Test func `a host that is not registered is not found`() async throws {
        try await served.serve { client async throws in
            #expect(try await client.post("/api/v1/work", host.workRequest()).status == .notFound)
        }
    }

    @Test func `a wrong signature is unauthorized`() async throws {
        try await served.serve { client in
            try await client.post("/api/v1/hosts", host.registration())
            let forged = try host.workRequest(signedBy: ImaginaryProject.key(9))
            let response = try await client.post("/api/v1/work", forged)
            #expect(response.status == .unauthorized)
            #expect(response.refusal == "unauthorized")
        }
    }

    @Test func `a request from another time is unauthorized`() async throws {
        try await served.serve { client in
            try await client.post("/api/v1/hosts", host.registration())
            let old = try host.workRequest(at: served.now + Seconds(-3600))
            #expect(try await client.post("/api/v1/work", old).status == .unauthorized)
        }
    }

    @Test func `a request that is sent twice is to be signed again`() async throws {
        try await served.serve { client in
            try await client.post("/api/v1/hosts", host.registration())
            let request = try host.workRequest()
            #expect(try await client.post("/api/v1/work", request).status == .ok)
            let response = try await client.post("/api/v1/work", request)
            #expect(response.status == .tooEarly && response.refusal == "send-again")
        }
    }

    @Test func `an account replaces its key and revokes its host, which is then refused`() async throws {
        try await served.serve { client in
            try await client.post("/api/v1/hosts", host.registration())
            let project = served.project.key.verifyingKey
            let next = ImaginaryProject.key(8)
            let replacement = KeyReplacement(
                project: project, volunteer: host.id, successor: next.verifyingKey, host: host.id,
                stamp: RequestStamp(served.now))
            let confirmed = try ConfirmedReplacement(replacement, by: host.key, successor: next)
            #expect(try await client.post("/api/v1/keys", confirmed).status == .ok)
            for (key, status) in [(host.key, 403), (next, 200)] {
                let revocation = HostRevocation(
                    project: project, volunteer: key.verifyingKey, host: host.id, stamp: RequestStamp(served.now))
                let signed = try Signed(revocation, by: key, context: HostRevocation.signingContext)
                #expect(try await client.post("/api/v1/revocations", signed).status.code == status)
            }
            let response = try await client.post("/api/v1/work", host.workRequest())
            #expect(response.status == .forbidden && response.refusal == "forbidden")
        }
    }

    @Test(arguments: [
        "/api/v1/hosts", "/api/v1/revocations", "/api/v1/keys", "/api/v1/work", "/api/v1/uploads",
        "/api/v1/submissions",
    ])
    func `a body that is no message is malformed`(path: String) async throws {
        try await served.serve { client in
            let nested = String(repeating: "[", count: 60_000)
            for body in ["", "{", "[]", "{}", "null", #"{"document":"{}","signature":"00"}"#, "\u{0}", nested] {
                let response = try await client.post(path, body: Array(body.utf8))
                #expect(response.status == .badRequest, "\(body.prefix(40))")
                #expect(response.refusal == "malformed")
            }
            let signed = try CanonicalJSON.encode(host.registration(name: "x"))
            #expect(try await client.post(path, body: signed, type: "text/plain").status == .badRequest)
        }
    }

    @Test func `an update may come with its submission, and the next unit with the answer`() async throws {
        try await served.serve { client in
            let assignment = try await host.assignment(client)
            let update = ImaginaryProject.update(of: assignment.unit)
            let submission = try host.submission(of: update, for: assignment)
            let damaged = #"{"document":"{}","signature":"\#(submission.signature)","trace":[],"update":"%"}"#
            #expect(try await client.post("/api/v1/submissions", body: Array(damaged.utf8)).refusal == "malformed")
            let reply: DeliveryReply = try await client.post(
                "/api/v1/submissions", Delivery(submission, trace: TrainingTrace(), update: update, asksForWork: true))
            #expect(reply.submission == SubmissionReply(verdict: .accepted, height: 1))
            guard case .assigned = reply.work else { return #expect(Bool(false), "\(reply)") }
        }
    }

    @Test(arguments: [
        ("/api/v1/hosts", 64 << 10), ("/api/v1/work", 64 << 10), ("/api/v1/uploads", 64 << 10),
        ("/api/v1/submissions", 152 << 10),
    ])
    func `a body that is too large is refused`(path: String, limit: Int) async throws {
        try await served.serve { client in
            let response = try await client.post(path, body: Array(repeating: 32, count: limit + 1))
            #expect(response.status == .contentTooLarge)
            #expect(response.refusal == "too-large")
        }
    }

    @Test func `names beyond their bounds are malformed`() async throws {
        try await served.serve { client in
            let long = try host.registration(name: String(repeating: "x", count: 65))
            #expect(try await client.post("/api/v1/hosts", long).status == .badRequest)
        }
    }
}
