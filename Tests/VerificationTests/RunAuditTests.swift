import Foundation
import TestSupport
import Testing
import Verification
import WorkUnits

struct RunAuditTests {
    private func audit(
        _ mirror: PublicMirror, project: ProjectID? = ExampleRun.project.verifyingKey
    ) throws -> AuditReport {
        var audit = RunAudit(mirror, expectedProject: project) { _ in }
        return try audit.run()
    }

    /// One that carries nothing, one that carries all that there is, and one whose versions are steps.
    static let strategies = [
        Strategy(kind: .fedAvg),
        Strategy(kind: .fedYogi, robustness: Robustness(clip: .medianNorm), averaging: 0.9),
        Strategy(kind: .fedAvgM, averaging: 0.5, stepCodec: .int8),
    ]

    @Test(arguments: strategies)
    func `an honest run is recomputed to the same bytes`(strategy: Strategy) throws {
        try TemporaryFolder.with { folder in
            let report = try audit(ExampleRun(in: folder, strategy: strategy).mirror)
            #expect(report.findings == [])
            #expect(report.entries == 10)
            #expect(report.contributions == 4)
            #expect(report.recomputedVersions == 3)
        }
    }

    @Test func `older heads and the words of witnesses are held against the ledger`() throws {
        try TemporaryFolder.with { folder in
            let witness = SigningKey.example(30)
            let silent = SigningKey.example(31).verifyingKey
            let run = try ExampleRun(in: folder, witnesses: [witness.verifyingKey, silent])
            func word(_ count: Int, _ root: Digest) throws -> Signed<Cosignature> {
                let body = Cosignature(
                    project: run.description.project, witness: witness.verifyingKey, count: count, root: root,
                    time: Timestamp(milliseconds: 0))
                return try Signed(body, by: witness, context: Cosignature.signingContext)
            }
            func publish(_ words: [Signed<Cosignature>]) throws {
                try Data(CanonicalJSON.encode(words)).write(to: run.mirror.witnessesFile)
            }
            let roots = try run.roots()
            try publish([word(4, roots[4])])
            try run.keepHead(count: 6, root: roots[6])
            let report = try audit(run.mirror)
            #expect(report.findings == [] && report.witnesses == 1 && report.silentWitnesses == [silent])
            try publish([word(4, roots[5])])
            #expect(try audit(run.mirror).findings.map(\.place) == ["witnesses.json"])
            try publish([])
            try run.keepHead(count: 7, root: roots[6])
            #expect(try audit(run.mirror).findings.map(\.place) == ["7.json"])
            try run.keepHead(count: 7, root: roots[7])
            try run.keepHead(count: 99, root: roots[7])
            #expect(try audit(run.mirror).findings.map(\.place) == ["99.json"])
        }
    }

    @Test func `a mirror of another project is refused`() throws {
        try TemporaryFolder.with { folder in
            let run = try ExampleRun(in: folder)
            let report = try audit(run.mirror, project: SigningKey.example(9).verifyingKey)
            #expect(report.findings.map(\.place) == ["project.json"])
        }
    }

    @Test(arguments: strategies)
    func `one flipped bit in any file is found, and the finding names the file`(strategy: Strategy) throws {
        try TemporaryFolder.with { folder in
            let run = try ExampleRun(in: folder, strategy: strategy)
            let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
            let files = names.filter {
                !((try? folder.appending(path: $0).resourceValues(forKeys: [.isDirectoryKey]))?.isDirectory ?? false)
            }
            #expect(files.count > 10)
            var random = SplitMix64(seed: 3)
            for name in files {
                let file = folder.appending(path: name)
                let original = try Data(contentsOf: file)
                var damaged = original
                damaged[Int.random(in: 0..<damaged.count, using: &random)] ^=
                    1 << UInt8.random(in: 0..<8, using: &random)
                try damaged.write(to: file)
                do {
                    let report = try audit(run.mirror)
                    #expect(!report.isClean, "\(name)")
                    let stem = name.split(separator: "/").last.map(String.init) ?? name
                    #expect(
                        report.findings.contains { $0.place.contains(stem) || $0.problem.contains(stem.prefix(12)) },
                        "\(name): \(report.findings)")
                } catch is MalformedDocument {
                    #expect(name == "project.json")
                }
                try original.write(to: file)
            }
            #expect(try audit(run.mirror).isClean)
        }
    }

    @Test(arguments: 0...2)
    func `a tampered weights file is named with its byte, and no version after it is blamed`(version: Int) throws {
        try TemporaryFolder.with { folder in
            let run = try ExampleRun(in: folder)
            let manifest = try CanonicalJSON.decode(
                Signed<CheckpointManifest>.self, from: Array(Data(contentsOf: run.mirror.checkpointFile(version)))
            ).unverified()
            let file = run.mirror.blobFile(manifest.weights.weights)
            var bytes = try Data(contentsOf: file)
            bytes[bytes.count - 7] ^= 0x10
            try bytes.write(to: file)
            let report = try audit(run.mirror)
            #expect(report.findings.count == 1)
            #expect(report.findings[0].problem.contains("byte \(bytes.count - 7) "), "\(report.findings)")
            #expect(report.recomputedVersions == 2)
        }
    }

    @Test(arguments: [1, 2], OuterState.Part.allCases)
    func `a tampered part of the outer state is named, and no version after it is blamed`(
        version: Int, part: OuterState.Part
    ) throws {
        try TemporaryFolder.with { folder in
            let run = try ExampleRun(in: folder, strategy: Self.strategies[1])
            let manifest = try CanonicalJSON.decode(
                Signed<CheckpointManifest>.self, from: Array(Data(contentsOf: run.mirror.checkpointFile(version)))
            ).unverified()
            let digest = try #require(manifest.state?[part]).digest
            let file = run.mirror.blobFile(digest)
            var bytes = try Data(contentsOf: file)
            bytes[bytes.count - 7] ^= 0x01
            try bytes.write(to: file)
            let report = try audit(run.mirror)
            #expect(report.findings.count == 1)
            #expect(report.findings.first?.place.contains("\(digest)") == true, "\(report.findings)")
            #expect(report.recomputedVersions == 2)
        }
    }

    @Test func `a step that leads elsewhere is found, though its manifest names it`() throws {
        try TemporaryFolder.with { folder in
            let honest = try ExampleRun(in: folder.appending(path: "honest"), strategy: Self.strategies[2])
            #expect(try audit(honest.mirror).isClean)
            let forged = try ExampleRun(in: folder.appending(path: "forged"), strategy: Self.strategies[2]) { step in
                var values = try (0..<step.chunkCount).flatMap { try step.values(ofChunk: $0) }
                values[0] += 1e-3
                return try UpdateArchive.encode(step.manifest, difference: values)
            }
            let report = try audit(forged.mirror)
            #expect(report.findings.count == 2)
            #expect(report.findings.allSatisfy { $0.problem == "is not the step that the contributions give" })
            let without = try ExampleRun(in: folder.appending(path: "without"), strategy: Self.strategies[2]) { _ in nil
            }
            #expect(try audit(without.mirror).findings.map(\.place) == ["checkpoints/1.json", "checkpoints/2.json"])
        }
    }

    /// Clip, momentum and average are carried on, and every second update is behind.
    private func longRun(in folder: URL) throws -> ExampleRun {
        let strategy = Strategy(
            kind: .fedAvgM, robustness: Robustness(clip: .medianNorm), averaging: 0.5, stepCodec: .int8)
        return try ExampleRun(in: folder, strategy: strategy, versions: 4, staleness: 1)
    }

    @Test func `a run whose versions between snapshots are steps is recomputed to the same digests`() throws {
        try TemporaryFolder.with { folder in
            let run = try longRun(in: folder)
            #expect(try audit(run.mirror).isClean)
            try run.removeWeights(of: [1, 2, 3])
            let report = try audit(run.mirror)
            #expect(report.findings == [])
            #expect(report.recomputedVersions == 5)
            // Not even the newest has to be there, but where it all begins.
            try run.removeWeights(of: [4])
            #expect(try audit(run.mirror).recomputedVersions == 5)
            try run.removeWeights(of: [0])
            #expect(try !audit(run.mirror).isClean)
        }
    }

    @Test func `where weights are removed, a flipped bit in what is left is found`() throws {
        try TemporaryFolder.with { folder in
            let run = try longRun(in: folder)
            try run.removeWeights(of: [1, 2, 3])
            var random = SplitMix64(seed: 4)
            for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted() {
                let file = folder.appending(path: name)
                guard let original = try? Data(contentsOf: file), name != "project.json" else { continue }
                var damaged = original
                damaged[Int.random(in: 0..<damaged.count, using: &random)] ^= 0x10
                try damaged.write(to: file)
                let report = try audit(run.mirror)
                let stem = name.split(separator: "/").last.map(String.init) ?? name
                #expect(
                    report.findings.contains { $0.place.contains(stem) || $0.problem.contains(stem.prefix(12)) },
                    "\(name): \(report.findings)")
                try original.write(to: file)
            }
            #expect(try audit(run.mirror).isClean)
        }
    }

    @Test func `versions after one that its contributions do not give are not blamed, weights or none`() throws {
        try TemporaryFolder.with { folder in
            let run = try ExampleRun(
                in: folder, strategy: Self.strategies[2], versions: 3, staleness: 1, followsForged: true
            ) { step in
                var values = try (0..<step.chunkCount).flatMap { try step.values(ofChunk: $0) }
                values[0] += 1e-3
                return try UpdateArchive.encode(step.manifest, difference: values)
            }
            let whole = try audit(run.mirror)
            try run.removeWeights(of: [1, 2])
            for report in [whole, try audit(run.mirror)] {
                #expect(report.recomputedVersions == 3, "\(report.findings)")
                #expect(report.findings.first?.place == "ledger.jsonl entry 6")
            }
        }
    }

    @Test(arguments: [0, 3, 7])
    func `a changed ledger entry is named`(changed: Int) throws {
        try TemporaryFolder.with { folder in
            let run = try ExampleRun(in: folder)
            var lines = try String(contentsOf: run.mirror.ledgerFile, encoding: .utf8).split(separator: "\n")
            lines[changed] = lines[changed].replacing("\"time\":\(changed)}", with: "\"time\":99}")[...]
            try (lines.joined(separator: "\n") + "\n")
                .write(to: run.mirror.ledgerFile, atomically: true, encoding: .utf8)
            let report = try audit(run.mirror)
            #expect(report.findings.first?.place == "ledger.jsonl entry \(changed)", "\(report.findings)")
        }
    }

    @Test func `a ledger cut short is found by its signed head`() throws {
        try TemporaryFolder.with { folder in
            let run = try ExampleRun(in: folder)
            let lines = try String(contentsOf: run.mirror.ledgerFile, encoding: .utf8).split(separator: "\n")
            try (lines.dropLast().joined(separator: "\n") + "\n")
                .write(to: run.mirror.ledgerFile, atomically: true, encoding: .utf8)
            let report = try audit(run.mirror)
            #expect(report.findings.map(\.place) == ["head.json"])
        }
    }
}
