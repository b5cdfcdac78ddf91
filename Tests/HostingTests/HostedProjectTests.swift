import Coordination
import Federation
import Foundation
import Hosting
import LanguageModel
import Recipes
import Store
import TestSupport
import Testing
import Training
import WorkUnits

struct HostedProjectTests {
    private static let key = SigningKey.example(1)
    private static let recipe = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Examples/tiny/recipe.yaml").path

    private func open(
        _ folder: URL, recipe: String? = Self.recipe, key: SigningKey = Self.key, blobs: any BlobStore
    ) throws -> HostedProject {
        try HostedProject.open(ProjectFolder(path: folder.path), recipePath: recipe, key: key, blobs: blobs) { _ in }
    }

    private func blobs(in folder: URL) throws -> BlobDirectory {
        try BlobDirectory(in: DataFolder(path: folder.path))
    }

    @Test func `the same recipe, data and key give the same project`() throws {
        try TemporaryFolder.with { first in
            try TemporaryFolder.with { second in
                let one = try open(first, blobs: blobs(in: first))
                let other = try open(second, blobs: blobs(in: second))
                #expect(one.description.document == other.description.document)
                #expect(one.genesis.document == other.genesis.document)
            }
        }
    }

    @Test func `a project continues without its recipe, and refuses another one`() throws {
        try TemporaryFolder.with { folder in
            let blobs = try blobs(in: folder)
            let made = try open(folder, blobs: blobs)
            let again = try open(folder, recipe: nil, blobs: blobs)
            #expect(again.description == made.description)
            #expect(again.genesis == made.genesis)

            let changed = folder.appending(path: "changed.yaml")
            let text = try String(contentsOfFile: Self.recipe, encoding: .utf8)
            try text.replacingOccurrences(of: "name: tiny", with: "name: changed")
                .write(to: changed, atomically: true, encoding: .utf8)
            #expect(throws: HostingFailure.self) { try open(folder, recipe: changed.path, blobs: blobs) }
            #expect(throws: (any Error).self) { try open(folder, key: .example(2), blobs: blobs) }
        }
    }

    @Test func `a folder without a project needs a recipe`() throws {
        try TemporaryFolder.with { folder in
            #expect(throws: HostingFailure.self) { _ = try open(folder, recipe: nil, blobs: blobs(in: folder)) }
        }
    }

    @Test func `a key file that holds no key is not replaced`() throws {
        try TemporaryFolder.with { folder in
            let project = ProjectFolder(path: folder.path)
            let drawn = try project.signingKey()
            #expect(try project.signingKey().seed == drawn.seed)
            let file = folder.appending(path: "project.key")
            try "not a key".write(to: file, atomically: true, encoding: .utf8)
            #expect(throws: HostingFailure.self) { try project.signingKey() }
            #expect(try String(contentsOf: file, encoding: .utf8) == "not a key")
        }
    }

    @Test func `units are judged and merged to the same bytes every time`() async throws {
        try await TemporaryFolder.with { folder in
            let blobs = try blobs(in: folder)
            let project = try open(folder, blobs: blobs)
            let workshop = try Workshop(project, key: Self.key, blobs: blobs, keepsInMemory: false)
            let base = try project.genesis.unverified().weights
            // Updates that were inflated when they were judged, until their merge.
            func inflated() throws -> Int {
                try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "temporary").path).count
            }
            var contributions: [Contribution] = []
            let steps = project.recipe.unit.steps
            let units = (0..<3).map { IssuedUnit(index: $0, base: base, steps: $0 * steps..<($0 + 1) * steps) }
            for index in 0..<2 {
                let unit = try await workshop.archive(of: units[index])
                #expect(try await workshop.archive(of: units[index]) == unit)
                let (update, trace) = try train(unit: unit.digest, blobs)
                #expect(
                    try await workshop.judge(update, of: unit.digest, base: base, trace: trace, others: []).verdict
                        == .accepted)
                let other = TrainingTrace(Array(trace.weights.reversed()))
                let lie = try await workshop.judge(update, of: unit.digest, base: base, trace: other, others: [])
                #expect(lie.verdict != .accepted, "the update commits to its trace")
                let swapped = try await workshop.archive(of: units[index + 1])
                #expect(
                    try await workshop.judge(update, of: swapped.digest, base: base, trace: trace, others: []).verdict
                        != .accepted)
                #expect(try inflated() == index + 1)
                contributions.append(
                    Contribution(
                        index: index, unit: unit.digest, update: try blobs.store(update), host: Self.key.verifyingKey,
                        baseVersion: 0,
                        tokens: project.recipe.tokensPerShard - 1))
            }
            // Trained again, a unit gives what its hosts sent.
            let replayed = try await workshop.replay(Replay(issue: units[1], steps: steps))
            let update = try UpdateArchive(
                #require(try blobs.open(contributions[1].update)), maximumParameters: .max)
            #expect(try replayed.content == update.content())
            #expect(replayed.trace.commitment == update.manifest.trace)
            let merge = Merge(version: 1, height: 2, previous: base, contributions: contributions)
            let merged = try await workshop.merge(merge, state: nil)
            #expect(try inflated() == 0)
            // From the blobs alone, as after a restart; and prepared from them.
            #expect(try await workshop.merge(merge, state: nil) == merged)
            let restarted = try Workshop(project, key: Self.key, blobs: blobs, keepsInMemory: false)
            var unknown = contributions[0]
            unknown.update = .zero
            for _ in 0..<2 {
                await restarted.prepare([unknown] + contributions)
                #expect(try inflated() == 2)
            }
            #expect(try await restarted.merge(merge, state: nil) == merged)
            #expect(try inflated() == 0)
            // In memory, as is usual for so small a model.
            let small = try Workshop(project, key: Self.key, blobs: blobs)
            await small.prepare(contributions)
            #expect(try inflated() == 0)
            #expect(try await small.merge(merge, state: nil) == merged)
            let before = try project.genesis.unverified().metrics
            let after = try merged.verified(by: Self.key.verifyingKey, context: CheckpointManifest.signingContext)
            #expect(after.metrics.loss < before.loss)

            // What the version carries is there, and the next one cannot do without.
            let norms = try #require(after.state?.norms)
            #expect(try blobs.open(norms.digest)?.count == norms.bytes)
            let next = Merge(version: 2, height: 4, previous: after.weights, contributions: contributions)
            #expect(try await workshop.merge(next, state: after.state).unverified().state?.norms != norms)
            await #expect(throws: (any Error).self) { try await workshop.merge(next, state: nil) }
        }
    }

    @Test func `a short unit has its own part of a shard`() async throws {
        try await TemporaryFolder.with { folder in
            let blobs = try blobs(in: folder)
            let project = try open(folder, blobs: blobs)
            let workshop = try Workshop(project, key: Self.key, blobs: blobs)
            let base = try project.genesis.unverified().weights
            let (steps, tokens) = (project.recipe.unit.steps, project.recipe.tokensPerStep)
            func unit(_ range: Range<Int>) async throws -> WorkUnitArchive {
                let archive = try await workshop.archive(of: IssuedUnit(index: 7, base: base, steps: range))
                return try WorkUnitArchive.decode(#require(try blobs.open(archive.digest)))
            }
            let whole = try await unit(steps..<2 * steps)
            let part = try await unit(2 * steps - 1..<2 * steps)
            #expect(part.unit.shard == whole.unit.shard && part.unit.firstToken == (steps - 1) * tokens)
            #expect(part.tokens == Array(whole.tokens.suffix(tokens + 1)))
            #expect(part.unit.training.steps == 1 && part.unit.training.firstStep == whole.unit.training.firstStep)
        }
    }

    /// What an honest worker does.
    private func train(unit digest: Digest, _ blobs: any BlobStore) throws -> ([UInt8], TrainingTrace) {
        let archive = try WorkUnitArchive.decode(#require(try blobs.open(digest)))
        let unit = archive.unit
        let weights = InitialWeights(model: unit.model, seed: 1).all()
        let trainer = try Trainer(
            model: unit.model, settings: unit.training, weights: weights, tokens: archive.tokens, threads: 1)
        while !trainer.isFinished { try trainer.takeStep() }
        let manifest = UpdateManifest(
            answering: unit, named: digest, parameterCount: weights.count, losses: trainer.losses,
            trace: trainer.trace.commitment)
        let update = try UpdateArchive.encode(manifest, difference: zip(trainer.weights(), weights).map { $0 - $1 })
        return (update, trainer.trace)
    }
}
