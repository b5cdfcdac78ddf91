import Checkpoints
import Coordination
import Federation
import Foundation
import Hosting
import Recipes
import Store
import Synchronization
import TestSupport
import Testing
import Training
import WorkUnits

/// The real workshop, and updates that are compared with each other and tried on text.
@Suite struct SubmissionChecksTests {
    @Test func `a copy is audited where answers are audited, and rejected where nothing is`() async throws {
        for share in [1.0, 0] {
            try await TemporaryFolder.with { folder in
                let bench = try CheckedWorkshop(in: folder, auditShare: share)
                let first = try await bench.train(unit: 0)
                let honest = try await bench.judge(first, unit: 0)
                #expect(honest.verdict == .accepted && honest.suspicion == nil)
                #expect(try await bench.judge(first, unit: 0) == honest, "as the answer to its audit is")
                let copied = try await bench.judge(first, unit: 1)
                if share > 0 {
                    guard case .likeness(_, 1)? = copied.suspicion else {
                        return #expect(Bool(false), "a copy is like its original: \(copied)")
                    }
                    #expect(copied.verdict == .accepted)
                } else {
                    guard case .rejected(let reason) = copied.verdict else {
                        return #expect(Bool(false), "nobody would ever look at it again")
                    }
                    #expect(reason.contains("which training does not give"))
                }
                #expect(bench.reports.count == 1 && bench.reports.allSatisfy { $0.contains("suspicious") })
            }
        }
    }

    @Test func `honest answers are not suspicious once some are known, one trained on nonsense is`() async throws {
        try await TemporaryFolder.with { folder in
            let bench = try CheckedWorkshop(in: folder, auditShare: 1)
            for unit in 0..<12 {
                let judgement = try await bench.judge(try await bench.train(unit: unit), unit: unit)
                #expect(judgement.verdict == .accepted && (judgement.suspicion == nil || unit < 6))
            }
            let random = CounterRandom(seed: 4, stream: 0)
            let nonsense = try await bench.train(unit: 12) { tokens in
                tokens.indices.map { UInt32(random.below(300, UInt64($0))) }
            }
            let judgement = try await bench.judge(nonsense, unit: 12)
            #expect(judgement.verdict == .accepted && judgement.suspicion != nil)
        }
    }

    @Test(arguments: [Float.nan, .infinity, 1e6])
    func `a hostile update is rejected before anything is compared or tried`(value: Float) async throws {
        try await TemporaryFolder.with { folder in
            let bench = try CheckedWorkshop(in: folder, auditShare: 1)
            var update = try await bench.train(unit: 0)
            update.difference[7] = value
            let judgement = try await bench.judge(update, unit: 0)
            guard case .rejected(let reason) = judgement.verdict else { return #expect(Bool(false), "\(judgement)") }
            #expect(reason.contains(value.isFinite ? "further than" : "not finite"))
            #expect(judgement.suspicion == nil && bench.reports.isEmpty)
        }
    }
}

/// A project whose units are long enough for the loss test, with exact updates.
private final class CheckedWorkshop: Sendable {
    private static let key = SigningKey.example(1)
    private let workshop: Workshop
    private let blobs: BlobDirectory
    private let base: CheckpointReference
    private let steps: Int
    private let lines = Lines()

    var reports: [String] { lines.all.withLock { $0 } }

    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    /// An answer before it is encoded.
    struct Answer {
        var difference: [Float]
        let losses: [Float]
        let trace: TrainingTrace
    }

    init(in folder: URL, auditShare: Double) throws {
        let text = (0..<4000).map { "Caravan \($0) follows the road to well \($0 * 7 % 31) and rests \($0 % 5) days." }
            .joined(separator: "\n\n")
        try text.write(to: folder.appending(path: "text.txt"), atomically: true, encoding: .utf8)
        let recipe = folder.appending(path: "recipe.yaml")
        try """
        name: checked
        model: {layers: 1, width: 16, heads: 2, context: 32}
        tokenizer: {vocabulary: 300}
        data: {paths: [text.txt], separator: "", clean: none, duplicates: {near: false}, validation: {tokens: 64}}
        unit: {steps: 16, batchSize: 4, sequenceLength: 32}
        optimizer: {learningRate: 3.0e-3, warmupSteps: 4, restartSteps: 1}
        federation:
          versions: 3
          mergeEvery: 20
          updateCodec: float32
          audit: {share: \(auditShare)}
          checks: {lossTestShare: 0.1}
        """.write(to: recipe, atomically: true, encoding: .utf8)
        blobs = try BlobDirectory(in: DataFolder(path: folder.appending(path: "data").path))
        let project = try HostedProject.open(
            ProjectFolder(path: folder.appending(path: "project").path), recipePath: recipe.path, key: Self.key,
            blobs: blobs
        ) { _ in }
        base = try project.genesis.unverified().weights
        steps = project.recipe.unit.steps
        workshop = try Workshop(project, key: Self.key, blobs: blobs) { [lines] line in
            lines.all.withLock { $0.append(line) }
        }
    }

    func archive(unit index: Int) async throws -> Digest {
        try await workshop.archive(
            of: IssuedUnit(index: index, base: base, steps: index * steps..<(index + 1) * steps)
        ).digest
    }

    /// - Parameter change: what the host trains on instead of the unit's text.
    func train(unit index: Int, change: ([UInt32]) -> [UInt32] = { $0 }) async throws -> Answer {
        let unit = try await WorkUnitArchive.decode(#require(try blobs.open(archive(unit: index))))
        let start = try WeightsFile(#require(try blobs.open(base.weights))).all()
        let trainer = try Trainer(
            model: unit.unit.model, settings: unit.unit.training, weights: start, tokens: change(unit.tokens),
            threads: 1)
        while !trainer.isFinished { try trainer.takeStep() }
        return Answer(
            difference: zip(trainer.weights(), start).map { $0 - $1 }, losses: trainer.losses, trace: trainer.trace)
    }

    /// Sends an answer for a unit.
    func judge(_ answer: Answer, unit index: Int) async throws -> Judgement {
        let name = try await archive(unit: index)
        let unit = try WorkUnitArchive.decode(#require(try blobs.open(name))).unit
        let manifest = UpdateManifest(
            answering: unit, named: name, parameterCount: answer.difference.count, losses: answer.losses,
            trace: answer.trace.commitment)
        let update = try UpdateArchive.encode(manifest, difference: answer.difference)
        return try await workshop.judge(update, of: name, base: base, trace: answer.trace, others: [])
    }
}
