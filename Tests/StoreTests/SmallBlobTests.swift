import Coordination
import Store
import TestSupport
import Testing
import WorkUnits

@Suite struct SmallBlobTests {
    let folder: TemporaryFolder
    let small = Array("a small blob".utf8)
    let large = Array(repeating: UInt8(7), count: 64 << 10 + 1)

    init() throws { folder = try TemporaryFolder() }

    private func withStore<Value>(_ body: (SQLiteStore, BlobDirectory) async throws -> Value) async throws -> Value {
        let data = try DataFolder(path: folder.file("server"))
        let store = try SQLiteStore(in: data)
        return try await body(store, BlobDirectory(in: data, small: store))
    }

    @Test func `a held blob is durable with the next batch, a large one at once`() async throws {
        let later = Array("held after the last batch".utf8)
        try await withStore { store, blobs async throws in
            try blobs.hold(small)
            try blobs.hold(large)
            try await store.commit(Batches.opening)
            try blobs.hold(small)
            try blobs.hold(later)
        }
        try await withStore { _, blobs async throws in
            #expect(try blobs.open(Digest(of: small))?.read(small.count, at: 0) == small)
            #expect(try blobs.open(Digest(of: large))?.count == large.count)
            #expect(try blobs.open(Digest(of: later)) == nil)
        }
    }

    @Test func `among more blobs than a generation of the index has each is found, and none is there twice`()
        async throws
    {
        func content(_ number: Int) -> [UInt8] { Array("blob \(number)".utf8) }
        let count = (1 << 18) + 100
        try await withStore { store, blobs async throws in
            for number in 0..<count { try blobs.hold(content(number)) }
            try await store.commit(Batches.opening)
        }
        let before = try #require(try DurableFile.size(folder.file("server/coordinator.sqlite")))
        try await withStore { store, blobs async throws in
            for number in stride(from: 0, to: count, by: 50_000) {
                #expect(try blobs.open(Digest(of: content(number)))?.read(5, at: 0) == Array("blob ".utf8))
            }
            #expect(try blobs.open(Digest(of: content(count))) == nil)
            for number in count - 20_000..<count { try blobs.hold(content(number)) }
            try await store.commit(Batches.batch(events: 0..<1, entries: 1..<1))
        }
        #expect(try #require(try DurableFile.size(folder.file("server/coordinator.sqlite"))) < before + (1 << 18))
    }

    @Test func `a batch that fails takes no blob along, and the next one does`() async throws {
        try await withStore { store, blobs async throws in
            try await store.commit(Batches.opening)
            try blobs.hold(small)
            await #expect(throws: OutOfOrderBatch.self) {
                try await store.commit(Batches.batch(events: 7..<8, entries: 1..<1))
            }
            #expect(try blobs.open(Digest(of: small)) != nil)
        }
        try await withStore { store, blobs async throws in
            #expect(try blobs.open(Digest(of: small)) == nil)
            try blobs.hold(small)
            await #expect(throws: OutOfOrderBatch.self) {
                try await store.commit(Batches.batch(events: 7..<8, entries: 1..<1))
            }
            try await store.commit(Batches.batch(events: 0..<1, entries: 1..<1))
        }
        try await withStore { _, blobs async throws in #expect(try blobs.open(Digest(of: small)) != nil) }
    }
}
