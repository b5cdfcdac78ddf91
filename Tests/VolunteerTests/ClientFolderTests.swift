import Foundation
import TestSupport
import Testing
import Volunteer
import WorkUnits

/// What a client keeps on its disk.
struct ClientFolderTests {
    let temporary: TemporaryFolder
    let folder: ClientFolder

    init() throws {
        temporary = try TemporaryFolder()
        folder = ClientFolder(path: temporary.file("client"))
    }

    @Test func `a client's folder is private`() async throws {
        try await join()
        #expect(try permissions("") == 0o700)
        #expect(try permissions("/host.key") == 0o600)
        #expect(try permissions("/project.json") == 0o600)
    }

    @Test func `joining again keeps the host's key and may change its name`() async throws {
        let first = try await join()
        let second = try await join(name: "laptop")
        #expect(first == second)
        #expect(try folder.status().project.hostName == "laptop")
    }

    @Test func `a host has a name that tells nothing about it`() async throws {
        let host = try await join()
        #expect(try folder.status().project.hostName == "host-\(host.description.prefix(6))")
    }

    @Test func `two clients cannot use one folder`() async throws {
        try await join()
        let agent = try VolunteerAgent(folder: folder, worker: FakeWorker())
        #expect(try folder.status().isRunning)
        #expect(throws: VolunteerFailure.self) { try VolunteerAgent(folder: folder, worker: FakeWorker()) }
        await #expect(throws: VolunteerFailure.self) { try await join() }
        withExtendedLifetime(agent) {}
    }

    @Test func `the folder is free again when a client is gone`() async throws {
        try await join()
        _ = try VolunteerAgent(folder: folder, worker: FakeWorker())
        _ = try VolunteerAgent(folder: folder, worker: FakeWorker())
        #expect(try !folder.status().isRunning)
    }

    @Test func `a folder that joined nothing says what to do`() {
        #expect {
            try VolunteerAgent(folder: folder, worker: FakeWorker())
        } throws: { error in
            "\(error)".contains("caravan-client join")
        }
    }

    @Test(arguments: ["", "{", "{}", "[1]", "{\"a\":1}"])
    func `a damaged state is told with what to do about it`(text: String) async throws {
        try await join()
        try text.write(toFile: folder.path + "/state.json", atomically: true, encoding: .utf8)
        #expect {
            try folder.status()
        } throws: { error in
            "\(error)".contains("state.json") && "\(error)".contains("remove it")
        }
    }

    @Test(arguments: ["", "xyz", String(repeating: "0", count: 63)])
    func `a damaged key is never replaced in silence`(text: String) async throws {
        try await join()
        let path = folder.path + "/host.key"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        await #expect(throws: VolunteerFailure.self) { try await join() }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }

    @Test func `the cache keeps only the newest few bases`() async throws {
        for number in 0..<6 {
            let version = FakeVersion(number: number, weights: Array("base \(number)".utf8))
            let coordinator = try FakeCoordinator(versions: [version], bases: [0])
            let server = try LoopbackServer(coordinator.answer)
            _ = try await folder.join(url: server.url, key: nil, hostName: nil)
            try await VolunteerAgent(folder: folder, worker: FakeWorker()).run(until: .oneUnit)
            let cached = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/cache")
            #expect(cached.count == min(number + 1, 2))
            #expect(cached.contains("\(number)-\(version.reference.weights).safetensors"))
        }
    }

    @discardableResult
    private func join(name: String? = nil) async throws -> HostID {
        let server = try LoopbackServer(FakeCoordinator(units: 1).answer)
        return try await folder.join(url: server.url, key: nil, hostName: name).host
    }

    private func permissions(_ file: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: folder.path + file)[.posixPermissions] as? Int
    }
}
