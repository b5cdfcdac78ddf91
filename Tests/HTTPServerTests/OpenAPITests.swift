import HTTPServer
import HTTPTypes
import HummingbirdTesting
import Testing

@Suite struct OpenAPITests {
    @Test func `the document has exactly the routes that are served`() async throws {
        let document = try APIDocument.current.get()
        #expect(document.version == "3.1.0")
        #expect(try await ServedProject().server().routes.sorted() == document.routes.sorted())
        #expect(document.brokenReferences == [])
        #expect(document.unusedSchemas == [])
    }

    @Test func `the server serves the document`() async throws {
        try await ServedProject().serve { client in
            let response = try await client.send(.get, "/api/v1/openapi.yaml")
            #expect(response.status == .ok)
            #expect(response.text.hasPrefix("openapi: 3.1.0\n"))
        }
    }

    @Test(arguments: [
        ("/api/v1/status", 200, "application/json", "{}", "name is missing"),
        ("/api/v1/checkpoints", 200, "application/json", "[{}]", "[].version is missing"),
        (
            "/api/v1/project", 200, "application/json", #"{"document":1,"signature":"","more":0}"#,
            "more is not documented"
        ),
        ("/api/v1/project", 200, "application/json", #"{"document":1,"signature":""}"#, "document is no string"),
        ("/api/v1/project", 200, "text/plain", "", "type text/plain is not documented"),
        ("/api/v1/project", 418, "application/json", "{}", "no such status"),
        ("/api/v1/blobs/00", 200, "application/octet-stream", "", "header ETag is missing"),
        ("/api/v1/nothing", 200, "application/json", "{}", "no such operation"),
    ])
    func `an answer that differs from the document is found`(
        path: String, status: Int, type: String, body: String, problem: String
    ) throws {
        let head = HTTPResponse(status: .init(code: status), headerFields: [.contentType: type])
        let problems = try APIDocument.current.get().problems(with: head, to: .get, path, body: Array(body.utf8))
        #expect(problems.contains { $0.contains(problem) }, "\(problems)")
    }
}
