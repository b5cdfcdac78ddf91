import Coordination
import Ledger
import Store
import TestSupport
import Testing
import WorkUnits

/// What every `CoordinatorStore` promises.
@Suite struct CoordinatorStoreConformanceTests {
    enum Kind: CaseIterable {
        case memory
        case sqlite

        func make(in folder: TemporaryFolder) throws -> any CoordinatorStore {
            switch self {
            case .memory: MemoryCoordinatorStore()
            case .sqlite: try SQLiteStore(in: DataFolder(path: folder.path))
            }
        }
    }

    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: Kind.allCases)
    func `a new store holds nothing`(kind: Kind) async throws {
        let store = try kind.make(in: folder)
        #expect(try await store.load() == nil)
        #expect(try await store.ledgerEntries(from: 0, limit: 10).isEmpty)
        #expect(try await store.checkpoints().isEmpty)
        #expect(try await store.checkpoint(version: 0) == nil)
    }

    @Test(arguments: Kind.allCases)
    func `the snapshot comes back with the events after it`(kind: Kind) async throws {
        let store = try kind.make(in: folder)
        try await store.commit(Batches.opening)
        try await store.commit(Batches.batch(events: 0..<3, entries: 1..<3))
        try await store.commit(Batches.batch(events: 3..<5, entries: 3..<3, snapshotAfter: 4))
        try await store.commit(Batches.batch(events: 5..<6, entries: 3..<3))
        let run = try #require(try await store.load())
        #expect(run.snapshot == Array("\"run after 4\"".utf8))
        #expect(run.snapshotCount == 4)
        #expect(run.journal == [Batches.event(4), Batches.event(5)])
        #expect(run.ledger.count == 3)
        #expect(run.ledger.head == Batches.line(2).digest)
    }

    @Test(arguments: Kind.allCases)
    func `the tree over the ledger comes back, whole and in parts`(kind: Kind) async throws {
        let store = try kind.make(in: folder)
        var chain = LedgerChain()
        var digests: [Digest] = []
        for start in stride(from: 0, to: 600, by: 200) {
            var batch = Batches.batch(events: 0..<0, entries: start..<start, snapshotAfter: start == 0 ? 0 : nil)
            batch.ledgerFrom = start
            batch.ledgerEntries = (start..<start + 200).map { index in
                var entry = Batches.line(index)
                entry.hashes = chain.append(entry.digest)
                digests.append(entry.digest)
                return entry
            }
            try await store.commit(batch)
        }
        #expect(try await store.load()?.ledger == chain)
        #expect(try await store.ledgerDigest(of: 599) == digests[599])
        #expect(try await store.ledgerDigest(of: 600) == nil)
        let parts = MerkleTree.subtrees(of: 0..<600)
        #expect(try await store.ledgerHashes(of: parts) == chain.edge.subtrees)
        let leaf = MerkleTree.Subtree(level: 0, number: 300)
        #expect(try await store.ledgerHashes(of: [leaf]) == [MerkleTree.leaf(digests[300])])
        await #expect(throws: MissingHash.self) {
            try await store.ledgerHashes(of: [MerkleTree.Subtree(level: 9, number: 1)])
        }
    }

    @Test(arguments: Kind.allCases)
    func `hosts of a snapshot replace their older lines and leave the others`(kind: Kind) async throws {
        let store = try kind.make(in: folder)
        try await store.commit(Batches.opening)
        let (first, second) = (Batches.host(1, registered: 1), Batches.host(2, registered: 2))
        var batch = Batches.batch(events: 0..<1, entries: 1..<1, snapshotAfter: 1)
        batch.snapshot?.hosts = [first.name: first.line, second.name: second.line]
        try await store.commit(batch)
        let changed = Batches.host(2, registered: 3)
        batch = Batches.batch(events: 1..<2, entries: 1..<1, snapshotAfter: 2)
        batch.snapshot?.hosts = [changed.name: changed.line]
        try await store.commit(batch)
        #expect(try await store.load()?.hosts == [first.name: first.line, changed.name: changed.line])
    }

    @Test(arguments: Kind.allCases)
    func `a snapshot of everything leaves no event behind`(kind: Kind) async throws {
        let store = try kind.make(in: folder)
        try await store.commit(Batches.opening)
        try await store.commit(Batches.batch(events: 0..<3, entries: 1..<1, snapshotAfter: 3))
        #expect(try await store.load()?.journal == [])
        try await store.commit(Batches.batch(events: 3..<4, entries: 1..<1))
        #expect(try await store.load()?.journal == [Batches.event(3)])
    }

    @Test(arguments: Kind.allCases)
    func `the ledger is read in pages`(kind: Kind) async throws {
        let store = try kind.make(in: folder)
        try await store.commit(Batches.opening)
        try await store.commit(Batches.batch(events: 0..<1, entries: 1..<10))
        func page(_ from: Int, _ limit: Int) async throws -> [String] {
            try await store.ledgerEntries(from: from, limit: limit)
        }
        #expect(try await page(0, 3) == (0..<3).map { Batches.line($0).text })
        #expect(try await page(8, 3) == (8..<10).map { Batches.line($0).text })
        #expect(try await page(10, 3).isEmpty)
        #expect(try await page(0, 0).isEmpty)
        #expect(try await page(.max, .max).isEmpty)
        #expect(try await page(-1, 2) == (0..<2).map { Batches.line($0).text })
        #expect(try await page(.min, -1).isEmpty)
    }

    @Test(arguments: Kind.allCases)
    func `a batch that does not continue what is stored changes nothing`(kind: Kind) async throws {
        let store = try kind.make(in: folder)
        var opening = Batches.opening
        opening.checkpoints = [try Batches.checkpoint(version: 0)]
        try await store.commit(opening)
        try await store.commit(Batches.batch(events: 0..<2, entries: 1..<2))
        var versionAgain = Batches.batch(events: 2..<3, entries: 2..<3)
        versionAgain.checkpoints = [try Batches.checkpoint(version: 0)]
        let wrong: [(StoreBatch, OutOfOrderBatch)] = [
            (Batches.batch(events: 2..<3, entries: 3..<4), OutOfOrderBatch(.ledgerEntry, 3, due: 2)),
            (Batches.batch(events: 2..<3, entries: 1..<2), OutOfOrderBatch(.ledgerEntry, 1, due: 2)),
            (Batches.batch(events: 3..<4, entries: 2..<3), OutOfOrderBatch(.event, 3, due: 2)),
            (Batches.batch(events: 1..<2, entries: 2..<3), OutOfOrderBatch(.event, 1, due: 2)),
            (Batches.batch(events: 2..<3, entries: 2..<3, snapshotAfter: 4), OutOfOrderBatch(.snapshot, 4, due: 3)),
            (versionAgain, OutOfOrderBatch(.version, 0, due: 1)),
        ]
        for (batch, failure) in wrong {
            await #expect(throws: failure) { try await store.commit(batch) }
            let run = try #require(try await store.load())
            #expect(run.journal == [Batches.event(0), Batches.event(1)])
            #expect(run.ledger.count == 2 && run.snapshotCount == 0)
        }
        try await store.commit(Batches.batch(events: 2..<3, entries: 2..<3))
    }

    @Test(arguments: Kind.allCases)
    func `checkpoints are listed by version and come back as they were signed`(kind: Kind) async throws {
        let store = try kind.make(in: folder)
        var batch = Batches.opening
        batch.checkpoints = [try Batches.checkpoint(version: 0)]
        try await store.commit(batch)
        var later = Batches.batch(events: 0..<0, entries: 1..<1)
        later.checkpoints = [try Batches.checkpoint(version: 1), try Batches.checkpoint(version: 2)]
        try await store.commit(later)
        let summaries = try await store.checkpoints()
        #expect(summaries.map(\.version) == [0, 1, 2])
        #expect(summaries.map(\.height) == [0, 4, 8])
        let one = try #require(try await store.checkpoint(version: 1))
        #expect(one == later.checkpoints[0])
        let manifest = try one.verified(by: Batches.key.verifyingKey, context: CheckpointManifest.signingContext)
        #expect(summaries[1].weights == manifest.weights.weights)
        #expect(summaries[1].metrics == manifest.metrics)
        #expect(try await store.checkpoint(version: 3) == nil)
    }

    @Test(arguments: Kind.allCases)
    func `readers see whole batches while a writer works`(kind: Kind) async throws {
        let store = try kind.make(in: folder)
        try await store.commit(Batches.opening)
        try await withThrowingTaskGroup { group in
            group.addTask {
                for index in 0..<40 {
                    try await store.commit(
                        Batches.batch(events: index..<index + 1, entries: 1 + index * 3..<4 + index * 3))
                }
            }
            for _ in 0..<3 {
                group.addTask {
                    for _ in 0..<40 {
                        let entries = try await store.ledgerEntries(from: 0, limit: 1000)
                        #expect(entries.count % 3 == 1)
                        #expect(entries == (0..<entries.count).map { Batches.line($0).text })
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await store.load()?.ledger.count == 121)
    }
}
