import Federation
import Foundation
import Ledger
import WorkUnits

/// Recomputes a run from its public data: the chain, the signatures, every judgement and every merge.
///
/// Nothing in the mirror is trusted but the project's key, and that only if the caller names it. Goes on after a
/// finding wherever it can, so that one report names all that is wrong.
public struct RunAudit {
    let mirror: PublicMirror
    let progress: (String) -> Void
    var report = AuditReport()
    /// Recomputed files in the place of those that are damaged or not in the mirror, while something builds on them.
    var standIns = StandIns()
    /// What the outer optimizer carries on from each of the last versions: a merge may begin at an older one.
    var states: [Int: OuterState] = [:]
    private let expectedProject: ProjectID?

    /// - Parameters:
    ///   - expectedProject: the key that the reader trusts; nil takes the mirror's own word for it.
    ///   - progress: called with a line for the ledger and for each version.
    public init(_ mirror: PublicMirror, expectedProject: ProjectID?, progress: @escaping (String) -> Void) {
        self.mirror = mirror
        self.expectedProject = expectedProject
        self.progress = progress
    }

    /// - Throws: only when the mirror cannot be read at all; what is wrong inside it is in the report.
    public mutating func run() throws -> AuditReport {
        let signed = try mirror.document(Signed<ProjectDescription>.self, at: mirror.projectFile)
        guard let project = verified(signed) else { return report }
        let checkpoints = walkLedger(of: project, openedWith: signed)
        standIns = StandIns(for: checkpoints)
        defer { standIns.removeAll() }
        progress("ledger: \(report.entries) entries, \(report.contributions) contributions")
        var published: [CheckpointReference] = []
        for checkpoint in checkpoints {
            let findings = report.findings.count
            try recompute(checkpoint, after: published, project: project)
            let isSame = report.findings.count == findings
            if isSame { report.recomputedVersions += 1 }
            progress(
                "version \(checkpoint.weights.version): \(checkpoint.contributions.count) contributions, weights "
                    + "\(checkpoint.weights.weights.short) \(isSame ? "recomputed, the same bytes" : "DIFFER")")
            published.append(checkpoint.weights)
            standIns.removeUnused(after: checkpoint.weights.version)
        }
        return report
    }

    mutating func find(_ place: String, _ problem: String) {
        report.findings.append(.init(place: place, problem: problem))
    }

    private mutating func verified(_ signed: Signed<ProjectDescription>) -> ProjectDescription? {
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

    /// A checkpoint as the ledger records it, with the contributions that make it.
    struct RecordedCheckpoint {
        var entry: Int
        var height: Int
        var weights: CheckpointReference
        var manifest: Digest
        /// Nil for version 0.
        var merge: Merge?

        /// In the order of averaging.
        var contributions: [Contribution] { merge?.contributions ?? [] }
    }

    /// Up to the first entry that breaks the chain: what stands behind it proves nothing.
    private mutating func walkLedger(
        of project: ProjectDescription, openedWith signed: Signed<ProjectDescription>
    ) -> [RecordedCheckpoint] {
        var checkpoints: [RecordedCheckpoint] = []
        var unmerged: [Contribution] = []
        var history = MergeHistory()
        var verifier = LedgerVerifier(project: project.project)
        var heads = SignedHeads(in: mirror, project: project.project)
        report.findings += heads.untrusted
        do {
            try mirror.forEachEntry { text in
                switch try verifier.verify(text).record {
                case .opened(let opened):
                    if opened != signed {
                        find("ledger.jsonl entry 0", "opens another project than project.json describes")
                    }
                case .contribution(let contribution, _):
                    report.contributions += 1
                    unmerged.append(contribution)
                case .joined, .revoked, .keyReplaced, .banned, .uncounted: break
                case .audited(let answer, _): history.confirm(answer, unmerged: unmerged)
                case .convicted(let conviction):
                    check(
                        conviction,
                        struck: history.open(of: conviction.host, convictedOf: conviction.index, unmerged: unmerged))
                    history.strike(conviction.struck)
                case .checkpoint(let version, let height, let weights, let manifest):
                    // A merge takes the oldest; what was accepted while it was computed belongs to later ones.
                    let count = min(height - (checkpoints.last?.height ?? 0), unmerged.count)
                    let merge = checkpoints.last.map {
                        history.merge(
                            version: version, height: height, previous: $0.weights,
                            contributions: unmerged.prefix(count))
                    }
                    checkpoints.append(
                        RecordedCheckpoint(
                            entry: report.entries, height: height, weights: weights, manifest: manifest, merge: merge))
                    unmerged.removeFirst(count)
                    if let merge { history.publish(merge, unmerged: unmerged) }
                }
                report.entries += 1
                report.findings += heads.check(verifier.chain.edge)
            }
        } catch {
            find(changedEntry(of: project) ?? "ledger.jsonl", "\(error)")
            return checkpoints
        }
        report.openAudits = verifier.openAudits
        report.findings += heads.unseen
        report.witnesses = heads.witnesses.count
        report.silentWitnesses = (verifier.description?.witnesses ?? []).filter { !heads.witnesses.contains($0) }
        do {
            try verifier.verify(head: mirror.document(Signed<LedgerHead>.self, at: mirror.headFile))
        } catch {
            find(changedEntry(of: project) ?? "head.json", "\(error)")
        }
        return checkpoints
    }

    /// What a conviction says of itself, and what it strikes.
    private mutating func check(_ conviction: Conviction, struck: [Int]) {
        report.convictions += 1
        if conviction.struck != struck {
            find(
                "ledger.jsonl entry \(report.entries)",
                "strikes units \(conviction.struck) of host \(conviction.host.short), of which \(struck) are open")
        }
        let update = try? UpdateArchive(blob(conviction.update), maximumParameters: .max)
        guard let update, update.manifest.unit == conviction.unit,
            update.manifest.trace == conviction.claimed.commitment
        else {
            return find("ledger.jsonl entry \(report.entries)", "convicts a host of what its update does not say")
        }
    }

    /// Which entry is not the one that the signed head vouches for: the chain itself only breaks behind it.
    private func changedEntry(of project: ProjectDescription) -> String? {
        guard
            let head = try? mirror.document(Signed<LedgerHead>.self, at: mirror.headFile)
                .verified(by: project.project, context: LedgerHead.signingContext),
            let entries = try? mirror.entries(), entries.count == head.count
        else { return nil }
        return head.changedEntry { entries[$0] }.map { "ledger.jsonl entry \($0)" }
    }
}
