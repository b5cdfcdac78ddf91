import Aggregation
import Checkpoints
import Federation
import Foundation
import WorkUnits

/// Version by version: the manifest, the judgement of every contribution, and the merge.
extension RunAudit {
    /// - Parameter published: the versions before, oldest first.
    /// - Throws: when this machine cannot write the recomputed weights.
    mutating func recompute(
        _ checkpoint: RecordedCheckpoint, after published: [CheckpointReference], project: ProjectDescription
    ) throws {
        let manifest = checkManifest(of: checkpoint, after: published.last, project: project)
        for contribution in checkpoint.contributions {
            judge(contribution, published: published, project: project)
        }
        let file = FileManager.default.temporaryDirectory.appending(path: "caravan-audit-\(UUID()).safetensors")
        defer {
            for file in [file, Self.stepFile(beside: file)]
                + OuterState.Part.allCases.map({ Self.file(of: $0, beside: file) })
            where !standIns.contains(file) {
                try? FileManager.default.removeItem(at: file)
            }
        }
        do {
            let (digest, step, next) = try weights(checkpoint.merge, project: project, at: file)
            if digest != checkpoint.weights.weights {
                find(
                    "ledger.jsonl entry \(checkpoint.entry)",
                    "names weights \(checkpoint.weights.weights.short), the contributions give \(digest.short)")
            }
            let isOptional = step != nil
            try compare(
                checkpoint.weights.weights, recomputed: digest, at: file, of: checkpoint.weights.version,
                isOptional: isOptional)
            if let manifest {
                try compareStep(manifest, recomputed: step, beside: file)
                try compare(manifest, recomputed: next, beside: file, isOptional: isOptional)
            }
            keep(manifest?.state ?? next, of: checkpoint.weights.version)
        } catch let error as FileFailure {
            throw error
        } catch {
            find("version \(checkpoint.weights.version)", "cannot be recomputed: \(error)")
            keep(manifest?.state, of: checkpoint.weights.version)
        }
        if let previous = published.last, let step = manifest?.step {
            try takeStep(step, from: previous, to: checkpoint.weights, at: file)
        }
    }

    private mutating func keep(_ state: OuterState?, of version: Int) {
        states[version] = state
        states[version - MergeHistory.most - 1] = nil
    }

    private func weights(
        _ merge: Merge?, project: ProjectDescription, at file: URL
    ) throws -> (Digest, step: BlobReference?, OuterState?) {
        let weights = VersionWeights(of: project, isScratch: true) { [mirror, standIns] digest in
            try FileBytes(path: (standIns[digest] ?? mirror.blobFile(digest)).path)
        }
        guard let merge else { return (try weights.writeInitial(to: file.path).digest, nil, nil) }
        let written = try weights.write(
            merge, state: states[merge.start.version], threads: ProcessInfo.processInfo.activeProcessorCount,
            to: file.path)
        return (written.weights.digest, written.step, written.state)
    }

    /// Holds a published file against the recomputed one, which takes its place if it is missing, or it alone is damaged.
    ///
    /// - Parameter isOptional: whether a mirror may do without it.
    private mutating func compare(
        _ published: Digest, recomputed digest: Digest, at file: URL, of version: Int, isOptional: Bool
    ) throws {
        if try isOptional && isMissing(published) {
            // The digest was compared with the published one where that is named.
        } else if let difference = try differingByte(in: published, from: file) {
            find(place(of: published), difference)
        } else {
            return
        }
        if digest == published { standIns.add(file, as: digest, of: version) }
    }

    func isMissing(_ digest: Digest) throws -> Bool {
        try standIns[digest] == nil && DurableFile.size(mirror.blobFile(digest).path) == nil
    }

    /// What the outer optimizer carries on, part by part.
    private mutating func compare(
        _ manifest: CheckpointManifest, recomputed next: OuterState?, beside file: URL, isOptional: Bool
    ) throws {
        for part in OuterState.Part.allCases {
            let (published, expected) = (manifest.state?[part], next?[part])
            if published != expected {
                find(
                    "checkpoints/\(manifest.version).json",
                    "names \(part.rawValue) \(published?.digest.short ?? "nowhere"), "
                        + "the contributions give \(expected?.digest.short ?? "none")")
            }
            guard let published, let expected else { continue }
            try compare(
                published.digest, recomputed: expected.digest, at: Self.file(of: part, beside: file),
                of: manifest.version, isOptional: isOptional)
        }
    }

    private static func file(of part: OuterState.Part, beside file: URL) -> URL {
        URL(filePath: VersionWeights.path(of: part, beside: file.path))
    }

    /// The version's manifest as its signer wrote it, if it is the one that the ledger names.
    private mutating func checkManifest(
        of checkpoint: RecordedCheckpoint, after previous: CheckpointReference?, project: ProjectDescription
    ) -> CheckpointManifest? {
        let place = "checkpoints/\(checkpoint.weights.version).json"
        do {
            let signed = try mirror.document(
                Signed<CheckpointManifest>.self, at: mirror.checkpointFile(checkpoint.weights.version))
            guard signed.digest == checkpoint.manifest else {
                find(
                    place,
                    "is \(signed.digest.short), the ledger's entry \(checkpoint.entry) says \(checkpoint.manifest.short)"
                )
                return nil
            }
            let manifest = try signed.verified(by: project.project, context: CheckpointManifest.signingContext)
            let recorded = CheckpointManifest(
                project: project.project, version: checkpoint.weights.version, height: checkpoint.height,
                weights: checkpoint.weights, state: manifest.state, step: manifest.step, previous: previous,
                model: project.model,
                strategy: project.strategy, tokenizer: project.tokenizer, dataset: project.dataset,
                contributions: checkpoint.contributions, metrics: manifest.metrics)
            if manifest != recorded { find(place, "differs from what the ledger and project.json record") }
            return manifest
        } catch {
            find(place, "\(error)")
            return nil
        }
    }

    /// Re-reads the unit and the update that a contribution names, and judges them as the coordinator had to.
    private mutating func judge(
        _ contribution: Contribution, published: [CheckpointReference], project: ProjectDescription
    ) {
        do {
            for digest in [contribution.unit, contribution.update] where try Digest(reading: blob(digest)) != digest {
                find(place(of: digest), "its bytes are not what its name says")
            }
            let unit = try WorkUnitArchive.decode(blob(contribution.unit)).unit
            guard unit.project == project.project, unit.model == project.model, unit.index == contribution.index,
                unit.base.version == contribution.baseVersion, published.contains(unit.base),
                unit.training.tokens == contribution.tokens
            else {
                return find(
                    place(of: contribution.unit), "is not the unit that contribution \(contribution.index) claims")
            }
            let judgement = try UpdateJudge(unit: unit, unitDigest: contribution.unit)
                .judge(blob(contribution.update), base: WeightsFile(blob(unit.base.weights)))
            if case .rejected(let reason) = judgement.verdict { find(place(of: contribution.update), reason) }
        } catch {
            find("contribution of unit \(contribution.index)", "\(error)")
        }
    }

    // MARK: Blobs

    func blob(_ digest: Digest) throws -> FileBytes {
        try FileBytes(path: (standIns[digest] ?? mirror.blobFile(digest)).path)
    }

    func place(of digest: Digest) -> String {
        "blobs/\(digest.description.prefix(2))/\(digest)"
    }

    /// Where a published weights file parts from the recomputed one, or nil.
    private func differingByte(in digest: Digest, from recomputed: URL) throws -> String? {
        let (published, expected) = (try blob(digest), try FileBytes(path: recomputed.path))
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
