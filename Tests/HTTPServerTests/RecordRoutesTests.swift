import HTTPTypes
import HummingbirdTesting
import SimulationSupport
import Testing
import WorkUnits

@Suite struct RecordRoutesTests {
    let served: ServedProject

    init() async throws { served = try await ServedProject() }

    @Test func `the project is the document that its key signed`() async throws {
        try await served.serve { client in
            let project: Signed<ProjectDescription> = try await client.get("/api/v1/project")
            #expect(project == served.project.description)
        }
    }

    @Test func `the ledger is read in pages, each with the head`() async throws {
        try await served.serve { client in
            let head: Signed<LedgerHead> = try await client.get("/api/v1/ledger/head")
            let count = try head.unverified().count
            let whole: LedgerPage = try await client.get("/api/v1/ledger")
            #expect(whole.entries.count == count && whole.head == head)
            let second: LedgerPage = try await client.get("/api/v1/ledger?from=1&limit=1")
            #expect(second.from == 1 && second.entries == [whole.entries[1]])
            let end: LedgerPage = try await client.get("/api/v1/ledger?from=\(count)")
            #expect(end.entries.isEmpty)
        }
    }

    @Test func `the ledger is proven, and witnesses are published`() async throws {
        try await served.serve { client in
            let head: Signed<LedgerHead> = try await client.get("/api/v1/ledger/head")
            let body = try head.unverified()
            let inclusion: InclusionProof = try await client.get("/api/v1/ledger/proof?entry=1&size=2")
            #expect(inclusion.digest == body.digest && inclusion.path.count == 1)
            let consistency: ConsistencyProof = try await client.get("/api/v1/ledger/consistency?from=1&to=2")
            #expect(consistency.from == 1 && consistency.to == 2 && consistency.path.count == 1)
            for query in ["proof", "proof?entry=-1", "consistency", "consistency?from=x"] {
                #expect(try await client.send(.get, "/api/v1/ledger/\(query)").refusal == "malformed")
            }
            for query in ["proof?entry=2", "proof?entry=0&size=9", "consistency?from=3", "consistency?from=2&to=1"] {
                #expect(try await client.send(.get, "/api/v1/ledger/\(query)").refusal == "not-found")
            }
            let key = ImaginaryProject.key(7)
            let word = Cosignature(
                project: body.project, witness: key.verifyingKey, count: body.count, root: body.root, time: served.now)
            let signed = try Signed(word, by: key, context: Cosignature.signingContext)
            #expect(try await client.post("/api/v1/ledger/witnesses", signed).status == .ok)
            let published: [Signed<Cosignature>] = try await client.get("/api/v1/ledger/witnesses")
            #expect(published == [signed])
            var other = word
            other.root = .zero
            let forked = try Signed(other, by: key, context: Cosignature.signingContext)
            #expect(try await client.post("/api/v1/ledger/witnesses", forked).status == .conflict)
        }
    }

    @Test(arguments: [
        ("from=-1", 400), ("from=x", 400), ("limit=0", 400), ("limit=", 400), ("from=99999999999999999999", 400),
        ("from=1000", 404), ("limit=9223372036854775807", 200), ("other=1", 200),
    ])
    func `bounds of a page are checked`(query: String, status: Int) async throws {
        try await served.serve { client async throws in
            #expect(try await client.send(.get, "/api/v1/ledger?\(query)").status.code == status)
        }
    }

    @Test func `checkpoints are found by version`() async throws {
        try await served.serve { client in
            let summaries: [CheckpointSummary] = try await client.get("/api/v1/checkpoints")
            #expect(summaries.map(\.version) == [0])
            let zero: Signed<CheckpointManifest> = try await client.get("/api/v1/checkpoints/0")
            let latest: Signed<CheckpointManifest> = try await client.get("/api/v1/checkpoints/latest")
            #expect(zero == served.project.genesis && latest == zero)
            for version in ["1", "-1", "x", "99999999999999999999"] {
                #expect(try await client.send(.get, "/api/v1/checkpoints/\(version)").refusal == "not-found")
            }
        }
    }

    @Test func `the dashboard names the address that it was asked at`() async throws {
        try await served.serve { client in
            let page = try await client.send(.get, "/").text
            #expect(page.contains("<h1>imaginary</h1>"))
            #expect(page.contains("caravan-client join http://localhost"))
            let response = try await client.send(.get, "/", headers: [.init("X-Forwarded-Proto") ?? .via: "https"])
            #expect(response.text.contains("join https://localhost"))
            #expect(response.headers[.contentSecurityPolicy]?.contains("default-src 'none'") == true)
        }
    }

    @Test func `the server says that it is well`() async throws {
        try await served.serve { client async throws in #expect(try await client.send(.get, "/health").status == .ok) }
    }

    @Test(arguments: [
        (HTTPRequest.Method.get, "/nothing"), (.get, "/api/v1/"), (.get, "/api/v1/hosts"), (.delete, "/api/v1/status"),
        (.put, "/api/v1/blobs/00"), (.get, "/api/v2/status"), (.get, "/../etc/passwd"), (.get, "//"),
    ])
    func `what is not served is not found, in the words of the API`(
        method: HTTPRequest.Method, path: String
    ) async throws {
        try await served.serve { client in
            let response = try await client.send(method, path)
            #expect(response.status == .notFound || path == "//")
            #expect(response.refusal == "not-found" || path == "//")
        }
    }
}
