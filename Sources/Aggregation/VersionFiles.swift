import Checkpoints
import LanguageModel
import WorkUnits

/// What a merge starts from: a version's weights, and what its outer optimizer carried.
public struct PreviousVersion: Sendable {
    public var version: Int
    public var weights: WeightsFile
    /// Momentum, second moment and average, as far as the version has them.
    public var state: [OuterState.Part: WeightsFile]
    /// Nil where nothing was clipped.
    public var norms: NormHistory?

    public init(
        version: Int, weights: WeightsFile, state: [OuterState.Part: WeightsFile] = [:], norms: NormHistory? = nil
    ) {
        self.version = version
        self.weights = weights
        self.state = state
        self.norms = norms
    }

    /// Whether it was made without an outer optimizer: version 0, whose moments are empty.
    var isFirst: Bool { version == 0 }

    /// Refuses a state that is not the strategy's, or not the model's.
    func check(_ strategy: Strategy) throws(AggregationFailure) {
        var found = Set(state.keys)
        if norms != nil { found.insert(.norms) }
        let expected = isFirst ? [] : strategy.stateParts
        for part in OuterState.Part.allCases where found.contains(part) != expected.contains(part) {
            throw expected.contains(part)
                ? .missingState(part, version: version) : .unexpectedState(part, version: version)
        }
        for (part, file) in state where file.model != weights.model || part == .norms { throw .foreignState(part) }
        try norms?.check(weights.layout)
    }

    /// A part's values; empty when the strategy has none, `start` when this version has none yet.
    func values(
        _ part: OuterState.Part, of strategy: Strategy, in range: Range<Int>, start: @autoclosure () -> [Float]
    ) throws -> [Float] {
        guard strategy.stateParts.contains(part) else { return [] }
        return try state[part]?.values(range) ?? start()
    }
}

/// Where a merge goes to: new writers for the same model, which are not finished by the merge.
public struct NextVersion {
    public var weights: WeightsWriter
    /// One for each of the strategy's `stateParts` but the norms.
    public var state: [OuterState.Part: WeightsWriter]

    public init(weights: WeightsWriter, state: [OuterState.Part: WeightsWriter] = [:]) {
        self.weights = weights
        self.state = state
    }

    func check(_ strategy: Strategy, model: ModelConfiguration) throws(AggregationFailure) {
        let writers = [weights] + state.values
        guard writers.allSatisfy({ $0.model == model && $0.count == 0 }),
            Set(state.keys) == strategy.stateParts.subtracting([.norms])
        else { throw .wrongWriter }
    }
}
