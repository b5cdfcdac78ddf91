import Checkpoints
import LanguageModel
import WorkUnits

/// Rounds the step that a merge asks for by its codec, and takes the step that is left: the next version is what everyone
/// reaches who adds the published step to the version before (docs/decisions/0020-versions-are-steps.md).
///
/// One chunk per thread is in memory. Chunks are written in order, so neither file depends on the number of threads.
package struct VersionStep {
    private let previous: WeightsFile
    private let merged: WeightsFile

    /// - Parameter merged: what the outer optimizer wants.
    package init(previous: WeightsFile, merged: WeightsFile) {
        (self.previous, self.merged) = (previous, merged)
    }

    /// - Parameters:
    ///   - step: filled, not finished; its manifest has the codec.
    ///   - next: likewise.
    package func write(_ step: UpdateWriter, to next: WeightsWriter, threads: Int) throws {
        let (ranges, manifest) = (UpdateArchive.ranges(of: previous.layout.count), step.manifest)
        try IndexedWork.run(items: ranges.count, threads: threads) { index in
            let before = try previous.values(ranges[index])
            let wanted = zip(try merged.values(ranges[index]), before).map { $0 - $1 }
            let chunk = try EncodedChunk(wanted, first: ranges[index].lowerBound, of: manifest)
            return (chunk, CheckpointStep.apply(try chunk.values(), to: before))
        } takeUp: { _, output in
            try step.append(output.0)
            try next.append(output.1)
        }
    }
}
