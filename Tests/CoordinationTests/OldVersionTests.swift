import Coordination
import Federation
import SimulationSupport
import Testing
import WorkUnits

/// Which versions a coordinator keeps whole.
struct OldVersionTests {
    private static let last = 9

    private func bench(stepCodec: UpdateCodec? = .int8, snapshotEvery: Int = 4) throws -> Bench {
        try Bench(
            mergeEvery: 1, lastVersion: Self.last, staleness: 2, stepCodec: stepCodec, snapshotEvery: snapshotEvery)
    }

    /// What is there of a version.
    private struct Files: Equatable {
        var weights: Bool
        var step: Bool
        var momentum: Bool
    }

    private func files(_ bench: Bench) throws -> [Files] {
        try bench.memory.checkpoints().map { summary in
            Files(
                weights: bench.blobs.open(summary.weights) != nil,
                step: bench.blobs.open(Digest(of: ImaginaryProject.step(to: summary.version))) != nil,
                momentum: bench.blobs.open(Digest(of: ImaginaryProject.momentum(of: summary.version))) != nil)
        }
    }

    private func whole(_ bench: Bench) throws -> [Int] {
        let files = try files(bench)
        // A version has its weights and what it carries, or neither; the first carries nothing. A step is always there.
        for (version, files) in files.enumerated().dropFirst() {
            #expect(files.step && files.weights == files.momentum, "version \(version)")
        }
        return files.indices.filter { files[$0].weights }
    }

    private func makeVersion(_ bench: Bench, _ coordinator: Coordinator) async throws {
        try await Speaker(1, bench).work(for: coordinator, bench)
        try await coordinator.settle()
    }

    @Test func `snapshots, the newest version and those in the hands of hosts stay whole`() async throws {
        let bench = try bench()
        let coordinator = try await bench.start()
        let late = Speaker(2, bench)
        try await makeVersion(bench, coordinator)
        let assignment = try await late.assignment(from: coordinator, bench)
        #expect(assignment.base.version == 1)
        for version in 2...6 {
            try await makeVersion(bench, coordinator)
            #expect(try whole(bench) == Set([0, 1, 4, version]).filter { $0 <= version }.sorted())
        }
        // The late host's weights are there until its answer is judged, and the next merge.
        #expect(bench.blobs.open(assignment.base.weights) != nil)
        let submission = try await late.answer(to: assignment, coordinator)
        #expect(try await coordinator.submit(submission).verdict == .uncounted(because: .late))
        try await makeVersion(bench, coordinator)
        #expect(try whole(bench) == [0, 4, 7])
    }

    @Test func `removed weights are refused with how to make them again`() async throws {
        let bench = try bench()
        let coordinator = try await bench.start()
        for _ in 1...7 { try await makeVersion(bench, coordinator) }
        let summaries = try await coordinator.checkpoints()
        for coordinator in [coordinator, try await bench.start()] {
            for summary in summaries where ![0, 4, 7].contains(summary.version) {
                do {
                    _ = try await coordinator.blob(summary.weights)
                    Issue.record("version \(summary.version) is there")
                } catch let refusal as Refusal {
                    let snapshot = summary.version / 4 * 4
                    #expect(refusal.code == .gone)
                    #expect(
                        refusal.message.contains(
                            "those of version \(snapshot) and the steps of versions \(snapshot + 1) to \(summary.version),"
                        ))
                }
            }
            #expect(try await coordinator.blob(summaries[7].weights).count > 0)
            #expect(try await refusal { _ = try await coordinator.blob(.zero) } == .notFound)
        }
    }

    @Test(arguments: [(nil, 4), (.int8, 1)] as [(UpdateCodec?, Int)])
    func `without steps, or with a snapshot of each, every version stays whole`(
        stepCodec: UpdateCodec?, snapshotEvery: Int
    ) async throws {
        let bench = try bench(stepCodec: stepCodec, snapshotEvery: snapshotEvery)
        let coordinator = try await bench.start()
        for _ in 1...6 { try await makeVersion(bench, coordinator) }
        #expect(try whole(bench) == Array(0...6))
    }

    @Test(arguments: 0..<12, [nil, .before, .after] as [FaultyStore.Fault?])
    func `a coordinator that dies while it removes leaves the rest to the next start`(
        removals: Int, fault: FaultyStore.Fault?
    ) async throws {
        let bench = try bench()
        var coordinator = try await bench.start()
        bench.faultyBlobs.failRemovals(after: removals)
        var deaths = 0
        while try await coordinator.status().version < Self.last {
            do {
                try await Speaker(1, bench).work(for: coordinator, bench)
                if let fault, deaths == 0 { bench.store.failNext(fault) }
                try await coordinator.settle()
            } catch {
                deaths += 1
                // Whatever is missing can be made from what is there.
                for (version, files) in try files(bench).enumerated() where !files.weights {
                    #expect(files.step && !version.isMultiple(of: 4))
                }
                bench.faultyBlobs.failRemovals(after: deaths == 1 && fault != nil ? removals : .max)
                coordinator = try await bench.start()
                try await coordinator.settle()
            }
        }
        try await coordinator.settle()
        #expect(deaths == (fault == nil ? 1 : 2))
        #expect(try whole(bench) == [0, 4, 8, 9])
    }

    @Test func `what was restored from a copy of before goes again`() async throws {
        let bench = try bench()
        var coordinator = try await bench.start()
        var copies: [[UInt8]] = []
        for _ in 1...6 {
            try await makeVersion(bench, coordinator)
            let newest = try await coordinator.checkpoints().last
            let blob = try await coordinator.blob(try #require(newest).weights)
            copies.append(try blob.read(blob.count, at: 0))
        }
        for copy in copies { bench.blobs.store(copy) }
        coordinator = try await bench.start()
        try await coordinator.settle()
        #expect(try files(bench).indices.filter { try files(bench)[$0].weights } == [0, 4, 6])
    }

    @Test func `a version whose step is missing stays whole, and that is reported`() async throws {
        let bench = try bench()
        var coordinator = try await bench.start()
        try await makeVersion(bench, coordinator)
        bench.blobs.remove(Digest(of: ImaginaryProject.step(to: 1)))
        for _ in 2...3 { try await makeVersion(bench, coordinator) }
        coordinator = try await bench.start()
        try await coordinator.settle()
        #expect(try files(bench).map(\.weights) == [true, true, false, true])
        #expect(bench.reports.contains { $0.contains("version 1 stays whole") })
    }
}

/// The value behind it.
struct KeptVersionsTests {
    private let project: ImaginaryProject

    init() throws {
        project = try ImaginaryProject(
            policy: RunPolicy(
                mergeEvery: 1, lastVersion: 99, lease: Seconds(1), unitSteps: 1, tokensPerStep: 1, maximumUpdateBytes: 1
            ),
            stepCodec: .int8)
    }

    /// Versions whose weights have these names.
    private func kept(_ weights: [String], snapshotEvery: Int) throws -> KeptVersions {
        var kept = KeptVersions(snapshotEvery: snapshotEvery)
        for (version, name) in weights.enumerated() {
            let previous = CheckpointReference(version: max(0, version - 1), weights: .zero, bytes: 4096)
            let merge = Merge(version: version, height: version, previous: previous, contributions: [])
            var manifest = try version == 0 ? project.genesis.unverified() : project.merge(merge).unverified()
            manifest.weights.weights = Digest(of: name.utf8)
            kept.add(manifest)
        }
        return kept
    }

    @Test func `what a version shares with one that stays is not removed with it`() throws {
        let momentum = (0...7).map { Digest(of: ImaginaryProject.momentum(of: $0)) }
        func digest(_ name: String) -> Digest { Digest(of: name.utf8) }
        // Version 1 has the weights of a snapshot, 2 those of a version in use, 5 those of the newest, 3 those of 4's neighbour.
        let kept = try kept(["a", "a", "b", "c", "d", "e", "b", "e"], snapshotEvery: 4)
        let expendable = kept.expendable(newest: 7, bases: [6])
        #expect(expendable.map(\.version) == [1, 2, 3, 5])
        #expect(expendable.map(\.files) == [[momentum[1]], [momentum[2]], [momentum[3], digest("c")], [momentum[5]]])
        #expect(kept.expendable(newest: 1, bases: []).isEmpty)
    }

    @Test func `weights have gone when their version was removed, and never those of a snapshot`() throws {
        var kept = try kept(["a", "b", "c", "d"], snapshotEvery: 3)
        let digests = ["a", "b", "c", "d"].map { Digest(of: $0.utf8) }
        #expect(digests.map { kept.removed($0) } == [nil, nil, nil, nil])
        kept.remove(2)
        kept.addRemoved(Digest(of: "e".utf8))
        #expect(digests.map { kept.removed($0) } == [nil, nil, 2, nil])
        #expect(kept.removed(Digest(of: "e".utf8)) == 4 && kept.removed(.zero) == nil)
        #expect(kept.count == 5)
    }
}
