import Aggregation
import Checkpoints
import Foundation
import LanguageModel
import Ledger
import WorkUnits

/// Recomputes a run from its public data: the chain, the signatures, every judgement and every merge.
///
/// Nothing in the mirror is trusted but the project's key, and that only if the caller names it. Goes on after a
/// finding, so that one report names all that is wrong.
public struct RunAudit {
    private let mirror: PublicMirror
    private let expectedProject: ProjectID?
    private let progress: (String) -> Void
    private var report = AuditReport()

    /// - Parameters:
    ///   - expectedProject: the key that the reader trusts; nil takes the mirror's own word for it.
    ///   - progress: called with a line for each stage and version.
    public init(_ mirror: PublicMirror, expectedProject: ProjectID?, progress: @escaping (String) -> Void) {
        self.mirror = mirror
        self.expectedProject = expectedProject
        self.progress = progress
    }

    /// - Throws: only when the mirror cannot be read at all; what is wrong inside it is in the report.
    public consuming func run() throws -> AuditReport {
        let signedProject = try mirror.document(Signed<ProjectDescription>.self, at: mirror.projectFile)
        guard let project = description(signedProject) else { return report }
        let chain = walkLedger(project: project, signed: signedProject)
        progress("ledger: \(report.entries) entries, \(report.contributions) contributions")
        var previous: CheckpointReference?
        for checkpoint in chain.checkpoints {
            let before = report.findings.count
            let manifest = manifest(of: checkpoint, project: project)
            if let manifest {
                try recompute(manifest, expecting: checkpoint, previous: previous, project: project)
            }
            if report.findings.count == before { report.recomputedVersions += 1 }
            progress(
                "version \(checkpoint.reference.version): \(checkpoint.contributions.count) contributions, weights "
                    + "\(checkpoint.reference.weights.short) "
                    + (report.findings.count == before ? "recomputed, the same bytes" : "DIFFER"))
            previous = checkpoint.reference
        }
        return report
    }

    private mutating func find(_ place: String, _ problem: String) {
        report.findings.append(.init(place: place, problem: problem))
    }

    // MARK: Who

    private mutating func description(_ signed: Signed<ProjectDescription>) -> ProjectDescription? {
        do {
            let key = try expectedProject ?? signed.unverified().project
            let description = try signed.verified(by: key, context: ProjectDescription.signingContext)
            try description.model.validate()
            return description
        } catch {
            find("project.json", "\(error)")
            return nil
        }
    }

    // MARK: The chain

    /// A checkpoint entry, with the contributions that stand between it and the one before.
    private struct RecordedCheckpoint {
        var entry: Int
        var reference: CheckpointReference
        var manifest: Digest
        var height: Int
        var contributions: [Contribution]
    }

    private struct Chain {
        var checkpoints: [RecordedCheckpoint] = []
    }

    private mutating func walkLedger(project: ProjectDescription, signed: Signed<ProjectDescription>) -> Chain {
        var chain = Chain()
        var waiting: [Contribution] = []
        var verifier = LedgerVerifier(project: project.project)
        do {
            try mirror.forEachEntry { text in
                switch try verifier.append(text).record {
                case .opened(let opened):
                    if opened != signed { find("ledger.jsonl entry 0", "opens another project than project.json describes") }
                case .contribution(let contribution, _):
                    report.contributions += 1
                    waiting.append(contribution)
                case .checkpoint(let height, let reference, let manifest):
                    // Contributions accepted while a merge was computed stand before its entry and belong to a later one.
                    let count = height - (chain.checkpoints.last?.height ?? 0)
                    chain.checkpoints.append(
                        RecordedCheckpoint(
                            entry: report.entries, reference: reference, manifest: manifest, height: height,
                            contributions: waiting.prefix(count).sorted { ($0.index, $0.host) < ($1.index, $1.host) }))
                    waiting.removeFirst(min(count, waiting.count))
                }
                report.entries += 1
            }
            try verifier.finish(head: mirror.document(Signed<LedgerHead>.self, at: mirror.headFile))
        } catch {
            find("ledger.jsonl entry \(report.entries)", "\(error)")
        }
        return chain
    }

    // MARK: The versions

    private mutating func manifest(
        of checkpoint: RecordedCheckpoint, project: ProjectDescription
    ) -> CheckpointManifest? {
        let place = "checkpoints/\(checkpoint.reference.version).json"
        do {
            let signed = try mirror.document(
                Signed<CheckpointManifest>.self, at: mirror.checkpointFile(checkpoint.reference.version))
            guard signed.digest == checkpoint.manifest else {
                find(place, "is \(signed.digest.short), the ledger's entry \(checkpoint.entry) says \(checkpoint.manifest.short)")
                return nil
            }
            return try signed.verified(by: project.project, context: CheckpointManifest.signingContext)
        } catch {
            find(place, "\(error)")
            return nil
        }
    }

    private mutating func recompute(
        _ manifest: CheckpointManifest, expecting checkpoint: RecordedCheckpoint, previous: CheckpointReference?,
        project: ProjectDescription
    ) throws {
        let place = "checkpoints/\(manifest.version).json"
        if manifest.weights != checkpoint.reference || manifest.height != checkpoint.height
            || manifest.previous != previous || manifest.contributions != checkpoint.contributions
        {
            find(place, "does not list what the ledger records up to entry \(checkpoint.entry)")
        }
        if manifest.model != project.model || manifest.strategy != project.strategy
            || manifest.tokenizer != project.tokenizer || manifest.dataset != project.dataset
        {
            find(place, "is not of the model, strategy, tokenizer and dataset of project.json")
        }
        for contribution in checkpoint.contributions {
            judge(contribution)
        }
        let file = FileManager.default.temporaryDirectory.appending(path: "caravan-audit-\(UUID()).safetensors")
        defer { try? FileManager.default.removeItem(at: file) }
        do {
            let digest = try recomputedWeights(
                checkpoint.contributions, after: previous, project: project, at: file)
            if let difference = try differingByte(blob: manifest.weights.weights, from: file) {
                find(blobPlace(manifest.weights.weights), difference)
            }
            if digest != manifest.weights.weights {
                find(place, "names weights \(manifest.weights.weights.short), but the contributions give \(digest.short)")
            }
        } catch {
            find(place, "cannot be recomputed: \(error)")
        }
    }

    private func recomputedWeights(
        _ contributions: [Contribution], after previous: CheckpointReference?, project: ProjectDescription, at file: URL
    ) throws -> Digest {
        let weights = VersionWeights(of: project) { try blob($0) }
        guard let previous else { return try weights.writeInitial(to: file.path).digest }
        return try weights.write(after: previous, contributions: contributions, to: file.path).digest
    }

    /// Re-reads the unit and the update that a contribution names, and judges them as the coordinator had to.
    private mutating func judge(_ contribution: Contribution) {
        do {
            for digest in [contribution.unit, contribution.update] where try Self.digest(of: blob(digest)) != digest {
                find(blobPlace(digest), "its bytes are not what its name says")
            }
            let unit = try WorkUnitArchive.decode(blob(contribution.unit)).unit
            guard unit.index == contribution.index, unit.base.version == contribution.baseVersion,
                unit.training.tokens == contribution.tokens
            else {
                find(blobPlace(contribution.unit), "is not the unit that contribution \(contribution.index) claims")
                return
            }
            let verdict = try UpdateJudge(unit: unit, unitDigest: contribution.unit)
                .judge(blob(contribution.update), base: WeightsFile(blob(unit.base.weights)))
            if case .rejected(let reason) = verdict { find(blobPlace(contribution.update), reason) }
        } catch {
            find(blobPlace(contribution.update), "\(error)")
        }
    }

    // MARK: Blobs

    private func blob(_ digest: Digest) throws -> FileBytes {
        try FileBytes(path: mirror.blobFile(digest).path)
    }

    private func blobPlace(_ digest: Digest) -> String {
        "blobs/\(digest.description.prefix(2))/\(digest)"
    }

    private static func digest(of content: some RandomAccessBytes) throws -> Digest {
        var hasher = DigestHasher()
        for offset in stride(from: 0, to: content.count, by: 1 << 20) {
            hasher.update(try content.read(min(1 << 20, content.count - offset), at: offset))
        }
        return hasher.finish()
    }

    /// Where a published weights file parts from the recomputed one, or nil.
    private func differingByte(blob digest: Digest, from recomputed: URL) throws -> String? {
        let published = try blob(digest)
        let expected = try FileBytes(path: recomputed.path)
        for offset in stride(from: 0, to: min(published.count, expected.count), by: 1 << 20) {
            let length = min(1 << 20, published.count - offset, expected.count - offset)
            let (left, right) = (try published.read(length, at: offset), try expected.read(length, at: offset))
            if let index = left.indices.first(where: { left[$0] != right[$0] }) {
                return "byte \(offset + index) is \(left[index]), recomputed \(right[index])"
            }
        }
        return published.count == expected.count ? nil : "has \(published.count) bytes, recomputed \(expected.count)"
    }
}
