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

    static func stepFile(beside file: URL) -> URL {
        URL(filePath: VersionWeights.stepPath(beside: file.path))
    }
}
