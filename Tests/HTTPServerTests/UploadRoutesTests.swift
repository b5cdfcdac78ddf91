import Coordination
import HTTPTypes
import HummingbirdTesting
import SimulationSupport
import Testing
import WorkUnits

@Suite struct UploadRoutesTests {
    let served: ServedProject
    let host: Host
    let update = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    init() async throws {
        served = try await ServedProject()
        host = Host(1, of: served)
    }

    /// Announces the update and hands over its ticket.
    func serveUpload(_ test: @Sendable (APIClient, Digest) async throws -> Void) async throws {
        try await served.serve { client in
            let assignment = try await host.assignment(client)
            let state: UploadState = try await client.post(
                "/api/v1/uploads", host.announcement(of: update, for: assignment))
            #expect(state.offset == 0 && state.length == update.count)
            try await test(client, state.ticket)
        }
    }

    @Test func `bytes under a ticket that nobody has are refused before they are read`() async throws {
        try await served.serve { client in
            let stranger = Digest(of: "no ticket".utf8)
            let large = [UInt8](repeating: 0, count: (8 << 20) + 1)
            let response = try await client.patch(stranger, at: "0", large)
            #expect(response.refusal == "not-found")
        }
    }

    @Test func `an upload goes on where it stopped`() async throws {
        try await serveUpload { client, ticket in
            for range in [0..<1000, 1000..<1001, 1001..<5000] {
                let response = try await client.patch(ticket, at: "\(range.lowerBound)", Array(update[range]))
                #expect(try response.decoded(as: UploadState.self).offset == range.upperBound)
                let head = try await client.send(.head, "/api/v1/uploads/\(ticket)")
                #expect(head.headers[.uploadOffset] == "\(range.upperBound)")
                #expect(head.headers[.uploadLength] == "5000")
            }
            #expect(served.blobs.open(Digest(of: update)) == nil, "what nobody judged is not served")
            let status: ServerStatus = try await client.get("/api/v1/status")
            #expect(status.bytesUp == 5000)
        }
    }

    @Test(arguments: ["1", "999", "1001", "5000", "9223372036854775807"])
    func `bytes for another offset are a conflict that tells the right one`(offset: String) async throws {
        try await serveUpload { client, ticket in
            _ = try await client.patch(ticket, at: "0", Array(update[..<1000]))
            let response = try await client.patch(ticket, at: offset, [1, 2, 3])
            #expect(response.status == .conflict)
            #expect(response.refusal == "conflict")
            #expect(response.headers[.uploadOffset] == "1000")
        }
    }

    @Test(arguments: [nil, "", "-1", "1.5", "99999999999999999999"])
    func `an offset that is no number is malformed`(offset: String?) async throws {
        try await serveUpload { client, ticket async throws in
            #expect(try await client.patch(ticket, at: offset, [1]).status == .badRequest)
        }
    }

    @Test func `bytes of another type are malformed`() async throws {
        try await serveUpload { client, ticket async throws in
            #expect(try await client.patch(ticket, at: "0", [1], type: "application/json").status == .badRequest)
        }
    }

    @Test func `more bytes than announced are refused and change nothing`() async throws {
        try await serveUpload { client, ticket async throws in
            #expect(try await client.patch(ticket, at: "0", update + [0]).status == .contentTooLarge)
            #expect(try await client.send(.head, "/api/v1/uploads/\(ticket)").headers[.uploadOffset] == "0")
        }
    }

    @Test func `a request takes at most eight mebibytes`() async throws {
        let update = [UInt8](repeating: 3, count: (8 << 20) + 1)
        try await served.serve { client in
            let assignment = try await host.assignment(client)
            let state: UploadState = try await client.post(
                "/api/v1/uploads", host.announcement(of: update, for: assignment))
            #expect(try await client.patch(state.ticket, at: "0", update).status == .contentTooLarge)
        }
        try await served.serve { client in
            let assignment = try await host.assignment(client)
            let state: UploadState = try await client.post(
                "/api/v1/uploads", host.announcement(of: update, for: assignment))
            #expect(state.offset == 0)
            #expect(try await client.patch(state.ticket, at: "0", Array(update.dropLast())).status == .ok)
            let last = try await client.patch(state.ticket, at: "\(8 << 20)", Array(update.suffix(1)))
            #expect(try last.decoded(as: UploadState.self).isComplete)
        }
    }

    @Test func `the wrong content is malformed, and the upload begins again`() async throws {
        try await serveUpload { client, ticket in
            let response = try await client.patch(ticket, at: "0", update.reversed())
            #expect(response.status == .badRequest)
            #expect(try await client.send(.head, "/api/v1/uploads/\(ticket)").status == .notFound)
            let assignment = try await host.assignment(client)
            let state: UploadState = try await client.post(
                "/api/v1/uploads", host.announcement(of: update, for: assignment))
            #expect(state == UploadState(ticket: ticket, offset: 0, length: update.count))
            #expect(try await client.patch(ticket, at: "0", update).status == .ok)
        }
    }

    @Test func `an update larger than the project takes is refused at its announcement`() async throws {
        try await served.serve { client in
            let assignment = try await host.assignment(client)
            let large = try host.announcement(of: update, for: assignment, bytes: (20 << 20) + 1)
            #expect(try await client.post("/api/v1/uploads", large).status == .contentTooLarge)
            let empty = try host.announcement(of: [], for: assignment)
            #expect(try await client.post("/api/v1/uploads", empty).status == .badRequest)
        }
    }

    @Test(arguments: ["x", "00", String(repeating: "A", count: 64), String(repeating: "0", count: 64)])
    func `a ticket that nobody has is not found`(ticket: String) async throws {
        try await served.serve { client async throws in
            #expect(try await client.send(.head, "/api/v1/uploads/\(ticket)").status == .notFound)
            #expect(try await client.patch(ticket, at: "0", [1]).status == .notFound)
        }
    }
}
