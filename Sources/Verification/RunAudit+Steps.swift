import Aggregation
import Foundation
import WorkUnits

/// The steps that hosts download instead of whole weights.
extension RunAudit {
    /// Holds a published step against the recomputed one, by what they say: another zlib may write the same chunks in other
    /// bytes.
    mutating func compareStep(
        _ manifest: CheckpointManifest, recomputed: BlobReference?, beside file: URL
    ) throws {
        guard let published = manifest.step, recomputed != nil else {
            if manifest.step != recomputed {
                find(
                    "checkpoints/\(manifest.version).json",
                    "names \(manifest.step == nil ? "no step" : "a step"), and the strategy asks for "
                        + (recomputed == nil ? "none" : "one"))
            }
            return
        }
        let expected = try FileBytes(path: Self.stepFile(beside: file).path)
        do {
            let step = try blob(published.digest)
            guard try Digest(reading: step) == published.digest, step.count == published.bytes else {
                return find(place(of: published.digest), "its bytes are not what its name says")
            }
            let limit = try UpdateArchive(expected, maximumParameters: .max).manifest.parameterCount
            guard
                try UpdateArchive(step, maximumParameters: limit)
                    .hasSameContent(as: UpdateArchive(expected, maximumParameters: limit))
            else { return find(place(of: published.digest), "is not the step that the contributions give") }
        } catch {
            find(place(of: published.digest), "\(error)")
        }
    }

    /// Puts the published weights in their place where the mirror does not have them and the contributions gave others, which was
    /// found: what builds on them is not blamed too.
    mutating func takeStep(
        _ step: BlobReference, from previous: CheckpointReference, to weights: CheckpointReference, at file: URL
    ) throws {
        guard try isMissing(weights.weights) else { return }
        do {
            let base = standIns[previous.weights] ?? mirror.blobFile(previous.weights)
            let archive = mirror.blobFile(step.digest)
            if try CheckpointStep.make(weights, at: file.path, from: base.path, by: [archive.path]) {
                standIns.add(file, as: weights.weights, of: weights.version)
            }
        } catch let error as FileFailure {
            throw error
        } catch {
            // A step that leads nowhere was found as well.
        }
    }

    static func stepFile(beside file: URL) -> URL {
        URL(filePath: VersionWeights.stepPath(beside: file.path))
    }
}
