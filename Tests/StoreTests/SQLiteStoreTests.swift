import Coordination
import Foundation
import Ledger
import Store
import TestSupport
import Testing
import WorkUnits

@Suite struct SQLiteStoreTests {
    let folder: TemporaryFolder
    var server: String { folder.file("server") }
    var path: String { "\(server)/coordinator.sqlite" }

    init() throws { folder = try TemporaryFolder() }

    func withStore<Value>(maximumPages: Int? = nil, _ body: (SQLiteStore) async throws -> Value) async throws -> Value {
        try await body(SQLiteStore(in: DataFolder(path: server), maximumPages: maximumPages))
    }

    @Test func `what was committed is there after the store is opened again`() async throws {
        try await withStore {
            var batch = Batches.opening
            batch.checkpoints = [try Batches.checkpoint(version: 0)]
            try await $0.commit(batch)
            try await $0.commit(Batches.batch(events: 0..<2, entries: 1..<2))
        }
        try await withStore {
            let run = try #require(try await $0.load())
            #expect(run.journal == [Batches.event(0), Batches.event(1)])
            #expect(run.ledger.head == Batches.line(1).digest)
            #expect(try await $0.checkpoint(version: 0) != nil)
        }
    }

    @Test func `a server that is killed leaves all that it committed`() async throws {
        let killed = try TemporaryFolder()
        try await withStore { store in
            try await store.commit(Batches.opening)
            try await store.commit(Batches.batch(events: 0..<2, entries: 1..<2))
            // The files as they lie on the disk while the store is open, without the shared memory.
            for name in ["coordinator.sqlite", "coordinator.sqlite-wal"] {
                try FileManager.default.copyItem(atPath: "\(server)/\(name)", toPath: "\(killed.path)/\(name)")
            }
        }
        let run = try await SQLiteStore(in: DataFolder(path: killed.path)).load()
        #expect(run?.journal == [Batches.event(0), Batches.event(1)])
        #expect(run?.ledger.count == 2)
    }

    @Test func `nobody else can read the database`() async throws {
        try await withStore { store in
            try await store.commit(Batches.opening)
            for name in ["coordinator.sqlite", "coordinator.sqlite-wal", "lock"] {
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(server)/\(name)")
                #expect((attributes[.posixPermissions] as? Int) == 0o600, "\(name)")
            }
        }
    }

    @Test func `a full disk refuses the batch and keeps what was there`() async throws {
        try await withStore(maximumPages: 40) { store in
            try await store.commit(Batches.opening)
            var large = Batches.batch(events: 0..<1, entries: 1..<2)
            large.journal[0].event = Array(repeating: UInt8(ascii: "7"), count: 1 << 20)
            let refusal = await #expect(throws: Refusal.self) { try await store.commit(large) }
            #expect(refusal?.code == .unavailable)
            #expect(refusal?.message.contains("disk is full") == true)
            #expect(try await store.load()?.journal == [])
            try await store.commit(Batches.batch(events: 0..<1, entries: 1..<2))
            #expect(try await store.load()?.journal == [Batches.event(0)])
        }
    }

    @Test func `a second server cannot use the folder until the first has gone`() async throws {
        var first: DataFolder? = try DataFolder(path: server)
        #expect(throws: StoreFailure.inUse(folder: server)) { try DataFolder(path: server) }
        #expect(first != nil)
        first = nil
        #expect(throws: Never.self) { try DataFolder(path: server) }
    }

    @Test func `a database of a newer version is refused and left as it is`() async throws {
        try await withStore { try await $0.commit(Batches.opening) }
        var content = try Data(contentsOf: URL(filePath: path))
        let name = Data("1: journal".utf8)
        while let range = content.range(of: name) { content.replaceSubrange(range, with: Data("9: journal".utf8)) }
        try content.write(to: URL(filePath: path))
        await #expect(throws: StoreFailure.newer(path: path)) { try await withStore { _ in } }
        #expect(try Data(contentsOf: URL(filePath: path)) == content)
    }

    @Test func `a file that is no database is refused and left as it is`() async throws {
        _ = try DataFolder(path: server)
        let content = Data(repeating: 7, count: 8192)
        try content.write(to: URL(filePath: path))
        let error = await #expect(throws: StoreFailure.self) { try await withStore { _ in } }
        guard case .damaged? = error else { return #expect(Bool(false), "\(String(describing: error))") }
        #expect(try Data(contentsOf: URL(filePath: path)) == content)
    }

    @Test func `a folder that cannot be made says which`() throws {
        let error = #expect(throws: FileFailure.self) { try DataFolder(path: "/dev/null/server") }
        #expect(error?.description.contains("/dev/null/server") == true)
    }
}
