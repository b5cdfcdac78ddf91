import Aggregation
import Federation
import WorkUnits

extension VersionWeights {
    /// Writes the version that a merge asks for: who makes a version and who checks it do the same.
    ///
    /// - Parameters:
    ///   - state: what the version carries that the merge begins at, `merge.start`.
    ///   - path: the weights' file, as of `write(after:repeated:state:contributions:threads:to:)`.
    public func write(_ merge: Merge, state: OuterState?, threads: Int, to path: String) throws -> Written {
        try write(
            after: merge.previous,
            repeated: merge.repeated.map { RepeatedMerge(previous: $0.previous, contributions: $0.contributions) },
            state: state, contributions: merge.contributions, threads: threads, to: path)
    }
}
