import HTTPServer
import HummingbirdTesting
import Testing

@Suite struct CoordinatorServerTests {
    @Test func `a port that is in use is an error that says what to do`() async throws {
        let served = try await ServedProject()
        let (ports, listening) = AsyncStream<Int>.makeStream()
        try await withThrowingTaskGroup { group in
            group.addTask { try await served.server { listening.yield($0) }.run() }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            #expect(port > 0)
            let failure = await #expect(throws: ListeningFailure.self) { try await served.server(port: port).run() }
            #expect(failure?.description.contains("port \(port) of 127.0.0.1 is in use") == true)
            group.cancelAll()
        }
    }

    @Test func `an address that is not this computer's is an error that says so`() async throws {
        let served = try await ServedProject()
        let failure = await #expect(throws: ListeningFailure.self) {
            try await served.server(host: "192.0.2.1").run()
        }
        #expect(failure?.description.contains("no address 192.0.2.1") == true)
    }
}
